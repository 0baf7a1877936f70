// What goes wrong on the way to AWS: a clear error for its unit, nothing hangs, the next unit goes on.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { Discovery, PortolanError, sync } from "portolan";
import { Connections } from "../dist/transport.js";
import { access, arrived, collect, engines, front, oracle, organization } from "./moto.js";

const account = { id: organization.accounts["prod-web"], name: "prod-web", role: "member", details: "{}" };
const unit = { kind: "AWS::SQS::Queue", region: "eu-west-1" };
const next = { kind: "AWS::SNS::Topic", region: "eu-west-1" };
const wanted = (of) => oracle().filter((line) => line.kind === of.kind && line.account === account.id && line.region === of.region).length;
const expected = { [unit.kind]: wanted(unit), [next.kind]: wanted(next) };

/** Opens a discovery of the two kinds, closes it whatever comes, and clears the front's rules. */
async function reading(options, work) {
  await front("POST", "forget", {});
  const discovery = await Discovery.open({ ...access, kinds: [unit.kind, next.kind], ...options });
  try {
    return await work(discovery);
  } finally {
    await discovery.close();
    await front("DELETE", "rules");
  }
}

/** The unit read to its end. */
async function whole(discovery, of) {
  const pages = await collect(discovery.syncUnit(account, of));
  assert.equal(pages.at(-1).complete, true, JSON.stringify(pages.flatMap(({ problems }) => problems)));
  assert.equal(pages.flatMap(({ resources }) => resources).length, expected[of.kind]);
}

/** The one problem for which the unit was not read. */
async function problem(discovery, of) {
  let problems;
  try {
    const pages = await collect(discovery.syncUnit(account, of));
    assert.ok(pages.every((page) => !page.complete && !page.whole));
    problems = pages.flatMap((page) => page.problems);
  } catch (error) {
    assert.ok(error instanceof PortolanError && error.problem, String(error));
    problems = [error.problem];
  }
  assert.equal(problems.length, 1, JSON.stringify(problems));
  return problems[0];
}

const connections = new Connections();
/** A transport that fails for SQS alone. */
const failingForSqs = (fail) => (request, limits) => (request.headers["x-amz-target"]?.startsWith("AmazonSQS") ? fail(request, limits) : connections.send(request, limits));

for (const engine of engines) {
  test(`${engine}: a transport that throws`, async () => {
    const said = [];
    const transport = failingForSqs(async (request) => {
      throw new Error(`what was sent: ${JSON.stringify(request)}`);
    });
    await reading({ engine, transport, log: (_, message) => said.push(message) }, async (discovery) => {
      const { class: problemClass, message } = await problem(discovery, unit);
      assert.equal(problemClass, "unreachable");
      assert.match(message, /the transport failed/);
      const { issued_secrets: issued } = await front("GET", "state");
      assert.ok(issued.length > 0);
      for (const secret of [...issued, process.env.AWS_SECRET_ACCESS_KEY, access.externalId]) assert.ok(!JSON.stringify([message, said]).includes(secret), "a secret was shown");
      assert.doesNotMatch(message, /Signature=[0-9a-f]/);
      await whole(discovery, next);
    });
  });

  test(`${engine}: a request that is never answered`, async () => {
    const transport = failingForSqs(() => new Promise(() => undefined));
    await reading({ engine, transport, requestTimeoutMs: 2_000 }, async (discovery) => {
      const [late] = await Promise.all([problem(discovery, unit), whole(discovery, next)]);
      assert.equal(late.class, "timed-out");
      assert.match(late.message, /did not answer within 2000 ms/);
    });
  });

  test(`${engine}: an answer that is too large, one that is no text, and one that leads elsewhere`, async () => {
    const answers = [
      [{ status: 200, headers: [], body: new Uint8Array((8 << 20) + 1) }, "too-large"],
      [{ status: 200, headers: [], body: Uint8Array.of(0x7b, 0xff, 0xfe) }, "bad-answer"],
      [{ status: 307, headers: [["location", "http://127.0.0.1:9/elsewhere"]], body: new Uint8Array() }, undefined],
    ];
    for (const [answer, problemClass] of answers) {
      let sent = 0;
      const transport = failingForSqs(async () => {
        sent += 1;
        return answer;
      });
      await reading({ engine, transport }, async (discovery) => {
        const found = await problem(discovery, unit);
        if (problemClass) assert.equal(found.class, problemClass, found.message);
        assert.equal(sent, 1, "neither is asked again");
        await whole(discovery, next);
      });
    }
  });

  test(`${engine}: what AWS asks to be sent again is sent again, and no more often than the budget`, async () => {
    await reading({ engine }, async (discovery) => {
      await front("POST", "rules", [
        { do: "throttle", operation: "ListQueues", times: 1, retry_after_ms: 50 },
        { do: "drop", operation: "ListQueues", times: 1 },
        { do: "status", status: 503, operation: "ListQueues", times: 1 },
      ]);
      await whole(discovery, unit);
      await front("POST", "rules", { do: "status", status: 503, operation: "ListTopics" });
      await problem(discovery, next);
      assert.equal((await arrived()).filter((name) => name === "sns:ListTopics").length, 4);
    });
  });
}

test("a session that AWS ends early is assumed again", async () => {
  await reading({}, async (discovery) => {
    await whole(discovery, unit);
    // A session younger than ten seconds is not given up: the refusal would be of the one before.
    await new Promise((resolve) => setTimeout(resolve, 10_500));
    await front("POST", "expire", {});
    await whole(discovery, next);
    assert.equal((await arrived()).filter((name) => name === "sts:AssumeRole").length, 2);
  });
});

test("a clock that is off AWS's is corrected by what AWS says", async () => {
  await front("POST", "clock", { offset_s: 1_200 });
  try {
    await reading({}, (discovery) => whole(discovery, next));
  } finally {
    await front("POST", "clock", { offset_s: 0 });
  }
});

test("a signal ends it with its reason", async () => {
  const stop = new AbortController();
  let pages = 0;
  await assert.rejects(
    async () => {
      for await (const _ of sync({ ...access, signal: stop.signal })) {
        pages += 1;
        stop.abort(new Error("enough"));
      }
    },
    { message: "enough" },
  );
  assert.ok(pages >= 1);
  await assert.rejects(collect(sync({ ...access, signal: AbortSignal.abort(new Error("before it began")) })), { message: "before it began" });
});

test("the whole organization is refused clearly when its role is", async () => {
  await assert.rejects(collect(sync({ ...access, externalId: "wrong-on-purpose" })), (error) => {
    assert.ok(error.code === "no-credentials" && error.denied === true && error.message.includes("AccessDenied"), error.message);
    return !error.message.includes("wrong-on-purpose");
  });
});

test("options that cannot work are said before anything is asked", async () => {
  await front("POST", "forget", {});
  const cases = [
    [{}, /no accounts are named/],
    [{ account: "self", ...access }, /exclude each other/],
    [{ ...access, endpointUrl: "http://aws.example.com" }, /only https/],
    [{ ...access, endpointUrl: "https://user:word@aws.example.com" }, /nothing else/],
    [{ ...access, externalId: "" }, /externalId is empty/],
    [{ ...access, region: "cn-north-1" }, /partition/],
    [{ ...access, kinds: ["AWS::S3::Buckett"] }, /\/kinds\/0/],
    [{ ...access, kinds: [] }, /kind/],
    [{ accountRoleArns: ["no role"] }, /is no role/],
  ];
  for (const [options, words] of cases) await assert.rejects(collect(sync(options)), (error) => error.code === "configuration" && words.test(error.message), String(words));
  assert.deepEqual(await arrived(), []);
});

test("the client stops at the limit, at cut answers and at a host that does not answer, and follows nobody", async () => {
  const elsewhere = [];
  const server = createServer((request, answer) => {
    elsewhere.push(request.url);
    if (request.url === "/large") return void answer.end(Buffer.alloc(2_000));
    if (request.url === "/cut") return void answer.writeHead(200, { "content-length": "100" }).write("half", () => answer.destroy());
    if (request.url === "/silent") return undefined;
    return void answer.writeHead(302, { location: "/followed", "x-value": Buffer.from([0xe9]).toString("latin1") }).end("moved");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = new URL(`http://127.0.0.1:${server.address().port}`);
  const send = (target, ms = 5_000) => connections.send({ method: "GET", base, target, headers: {}, body: "" }, { bytesMax: 1_000, signal: AbortSignal.timeout(ms) });
  await assert.rejects(send("/large"), { failure: "too-large" });
  await assert.rejects(send("/cut"), { failure: "broken" });
  await assert.rejects(send("/silent", 200));
  const moved = await send("/a//b/../c?x=%27y");
  assert.deepEqual([moved.status, elsewhere.at(-1)], [302, "/a//b/../c?x=%27y"], "sent as it is spelled, and not followed");
  server.closeAllConnections();
  server.close();
  connections.close();
  await assert.rejects(send("/"), { failure: "unreachable" });
});
