// How fast: `npm run throughput`. One JSON line for each engine: the organization read whole, several times.
//
//   node build/throughput.js [--times N] [--concurrency N]
//
// Processor time is that of this process, threads included; moto's is another's.

import { parseArgs } from "node:util";
import { sync } from "portolan";

const { values } = parseArgs({ options: { times: { type: "string", default: "3" }, concurrency: { type: "string" } } });
const engines = "Suspending" in WebAssembly ? ["jspi", "blocking"] : ["blocking"];

for (const engine of engines) {
  for (let time = 0; time < Number(values.times); time += 1) {
    const [began, used] = [performance.now(), process.cpuUsage()];
    let resources = 0;
    let first;
    for await (const page of sync({
      accountRoleArn: process.env.PORTOLAN_ROLE_ARN,
      externalId: process.env.PORTOLAN_EXTERNAL_ID,
      engine,
      ...(values.concurrency === undefined ? {} : { concurrency: Number(values.concurrency) }),
    })) {
      first ??= performance.now() - began;
      resources += page.resources.length;
    }
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage(used);
    const cpu = (user + system) / 1e6;
    console.log(
      JSON.stringify({
        host: "node",
        node: process.versions.node,
        engine,
        resources,
        seconds: Number(seconds.toFixed(2)),
        first_page_ms: Math.round(first),
        resources_per_second: Math.round(resources / seconds),
        cpu_seconds: Number(cpu.toFixed(2)),
        cpu_ms_per_resource: Number(((cpu * 1_000) / resources).toFixed(2)),
        rss_mib: Math.round(process.memoryUsage.rss() / (1 << 20)),
      }),
    );
  }
}
