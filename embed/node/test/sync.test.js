// The organization in moto, compared with what boto3 gives for the same calls.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Discovery, sync } from "portolan";
import { access, arrived, collect, engines, front, oracle, organization } from "./moto.js";

const expected = oracle();
const kinds = [...new Set(expected.map(({ kind }) => kind))];
const all = { kinds: kinds.map((kind) => ({ kind, actions: "all" })), sensitive: "keep" };

for (const engine of engines) {
  test(`${engine}: every resource of every account is as boto3 has it`, async () => {
    await front("POST", "forget", {});
    const pages = await collect(sync({ ...access, engine, config: all }));
    const ours = new Map();
    for (const { account, kind, region, resources } of pages) {
      for (const line of resources) {
        const place = `${kind} ${account}`;
        if (!ours.has(place)) ours.set(place, []);
        ours.get(place).push({ ...line, region: line.region ?? region });
      }
    }
    for (const line of expected) {
      const candidates = ours.get(`${line.kind} ${line.account}`) ?? [];
      const isSame = ({ id, arn, region }) => (line.region === null || region === line.region) && (id === line.id || arn === line.id);
      const same = candidates.filter(isSame);
      assert.equal(same.length, 1, `${line.kind} ${line.account} ${line.id}: found ${same.length} times`);
      candidates.splice(candidates.indexOf(same[0]), 1);
      const properties = same[0].resource.Properties;
      for (const [name, theirs] of Object.entries(line.properties)) assert.deepEqual(properties[name] ?? null, theirs, `${line.kind} ${line.id} ${name}`);
    }
    assert.deepEqual([...ours.values()].flat().map(({ arn }) => arn), [], "boto3 does not have these");

    // What was not read is said: the region that a service control policy closes, and the account without a role.
    const { account, region } = organization.denied_region;
    const incomplete = pages.filter(({ whole }) => !whole);
    const sandbox = organization.accounts.sandbox;
    assert.ok(incomplete.some((page) => page.account === sandbox && page.kind === undefined && page.problems[0].class === "no-credentials"));
    assert.ok(incomplete.every((page) => page.account === sandbox || (page.account === account && page.region === region && page.problems[0].class === "denied")));
    assert.ok(pages.every((page) => !page.complete || (page.whole && page.next === undefined)));
    // Each signature was recomputed by the front with botocore's own signer.
    assert.deepEqual((await front("GET", "state")).mismatches, []);
  });

  test(`${engine}: no secret is in pages, problems or the log`, async () => {
    const said = [];
    const log = (level, message) => said.push(message);
    const pages = await collect(sync({ ...access, engine, log, kinds: ["AWS::Lambda::Function", "AWS::SQS::Queue"] }));
    const { issued_secrets: issued } = await front("GET", "state");
    const text = JSON.stringify([pages, said]);
    assert.ok(pages.some(({ resources }) => resources.length > 0) && said.length > 0 && issued.length > 0);
    for (const secret of [...organization.planted, ...issued, process.env.AWS_SECRET_ACCESS_KEY]) assert.ok(!text.includes(secret), "a secret was shown");
  });

  test(`${engine}: accounts, a plan and a unit, one by one`, async () => {
    const discovery = await Discovery.open({ ...access, engine, kinds: ["AWS::SQS::Queue"] });
    try {
      const { accounts, whole } = await discovery.discoverAccounts();
      assert.equal(whole, true);
      assert.deepEqual(accounts.map(({ id }) => id).sort(), Object.values(organization.accounts).sort());
      const account = accounts.find(({ id }) => id === organization.accounts["prod-web"]);
      const plan = await discovery.plan(account);
      const [planned] = plan.kinds.filter(({ fate }) => fate === "read");
      assert.deepEqual([planned.kind, [...planned.regions].sort()], ["AWS::SQS::Queue", [...organization.regions].sort()]);
      const unit = { kind: planned.kind, region: "eu-west-1" };
      const pages = await collect(discovery.syncUnit(account, unit));
      assert.equal(pages.at(-1).complete, true);
      const ids = pages.flatMap(({ resources }) => resources.map(({ id }) => id));
      const theirs = expected.filter((line) => line.kind === unit.kind && line.account === account.id && line.region === unit.region);
      assert.equal(ids.length, theirs.length);
      const again = await discovery.readResources(account, unit, [ids[0], "no-such-queue"]);
      assert.deepEqual(again.resources.map(({ id }) => id), [ids[0]]);
      assert.equal(again.complete, false, "single resources prove nothing of others");
    } finally {
      await discovery.close();
    }
    await assert.rejects(discovery.discoverAccounts(), { code: "closed" });
  });
}

test("a page that nobody takes holds up the reading", async () => {
  await front("POST", "forget", {});
  const pages = sync({ ...access, kinds: kinds.filter((kind) => kind.startsWith("AWS::E") || kind.startsWith("AWS::S")), concurrency: 2 });
  await pages.next();
  const settled = async () => {
    for (let [before, now] = [-1, (await arrived()).length]; ; [before, now] = [now, (await arrived()).length]) {
      if (before === now) return now;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
  };
  const held = await settled();
  const rest = await collect(pages);
  assert.ok(rest.length > 18, `${rest.length} pages are more than wait`);
  assert.ok((await arrived()).length > held, "the rest is read when it is taken");
});
