// A component that misbehaves costs its unit and nothing else, and nothing of what it tries reaches AWS.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Discovery, sync } from "portolan";
import { accounts, BAD, GOOD, hostile } from "./hostile.js";
import { arrived, collect, engines, front } from "./moto.js";

/** What each kind tries, and the rule by which the guard refuses it. */
const REFUSED = {
  "Test::Writes::DeleteQueue": "no-operation",
  "Test::Writes::TerminateInstances": "no-operation",
  "Test::Writes::InQueryString": "target",
  "Test::Writes::SecondAction": "parameter",
  "Test::Reads::Object": "denied-read",
  "Test::Reads::Item": "denied-read",
  "Test::Reads::Secret": "denied-read",
  "Test::Reads::Parameter": "constraint",
  "Test::Reads::Messages": "no-operation",
  "Test::Hosts::DoubleSlash": "target",
  "Test::Hosts::AtSign": "target",
  "Test::Hosts::AbsoluteTarget": "target",
  "Test::Hosts::DottedPrefix": "host-prefix",
  "Test::Hosts::Header": "header",
  "Test::Hosts::Region": "region",
  "Test::Hosts::Metadata": "service",
  "Test::Hosts::MetadataSix": "service",
  "Test::Hosts::MetadataPrefix": "host-prefix",
  "Test::Asks::AsManagement": "identity",
  "Test::Asks::Undeclared": "grant",
  "Test::Asks::Undescribed": "type",
  "Test::Asks::ForCredentials": "denied-read",
  "Test::Asks::WithAuthorization": "header",
  "Test::Others::AssumeRole": "no-operation",
  "Test::Others::Parameter": "constraint",
  "Test::Others::Header": "header",
};
/** What ends the call of each kind, and the words of it. */
const STOPPED = {
  "Test::Panics::WithMessage": ["bad-call", "this unit panics on purpose"],
  "Test::Eats::Memory": ["bad-call", "the component stopped"],
  "Test::Pages::TooLarge": ["limit", "a page"],
  "Test::Pages::NotJson": ["bad-answer", "cannot be read"],
  "Test::Cursors::TooLong": ["limit", "a cursor"],
  "Test::Cursors::Repeating": ["bad-answer", "the same cursor twice"],
  "Test::Sends::Overfull": ["limit", "requests in one batch"],
};
const LOOPS = { "Test::Loops::Forever": ["limit", "ran for more than"], "Test::Loops::Logging": ["limit", "ran for more than"] };
/** Long enough for what is honest on a busy machine. */
const LOOP_MS = 6_000;
const HONEST = "Test::Behaves::Asking";

for (const engine of engines) {
  test(`${engine}: what is no permitted read of the account is refused, and never arrives`, async () => {
    await front("POST", "forget", {});
    const pages = await collect(sync({ ...hostile, engine, kinds: [...Object.keys(REFUSED), HONEST] }));
    for (const [kind, rule] of Object.entries(REFUSED)) {
      for (const account of accounts) {
        const found = pages.filter((page) => page.kind === kind && page.account === account && page.region === BAD);
        assert.equal(found.length, 1, kind);
        const [{ problems: [problem], whole, complete }] = found;
        assert.deepEqual([problem.class, whole, complete], ["refused", false, false], kind);
        assert.ok(problem.message.includes(`refused by rule ${rule}:`), `${kind}: ${problem.message}`);
      }
    }
    assert.deepEqual([...new Set(await arrived())].sort(), ["sqs:ListQueues", "sts:AssumeRole"]);
  });

  for (const [what, cases, limits] of [["panics and excesses", STOPPED, {}], ["loops", LOOPS, { componentTimeoutMs: LOOP_MS }]]) test(`${engine}: ${what} end their unit, and all others are read`, async () => {
    await front("POST", "forget", {});
    const kinds = [...Object.keys(cases), HONEST, "Test::Behaves::Quietly"];
    const pages = await collect(sync({ ...hostile, ...limits, engine, kinds }));
    const of = (kind, account, region) => pages.filter((page) => page.kind === kind && page.account === account && page.region === region);
    for (const account of accounts) {
      for (const [kind, [problemClass, words]] of Object.entries(cases)) {
        const bad = of(kind, account, BAD).at(-1);
        assert.deepEqual([bad.whole, bad.complete, bad.problems.length], [false, false, 1], kind);
        assert.equal(bad.problems[0].class, problemClass, `${kind}: ${bad.problems[0].message}`);
        assert.ok(bad.problems[0].message.includes(words), `${kind}: ${bad.problems[0].message}`);
        assert.ok(!/\p{Cc}/u.test(bad.problems[0].message), `${kind}: control characters`);
      }
      for (const kind of kinds) {
        for (const region of kind in cases ? [GOOD] : [GOOD, BAD]) {
          assert.equal(of(kind, account, region).at(-1)?.complete, true, `${kind} ${region}: ${JSON.stringify(of(kind, account, region))}`);
        }
      }
    }
    assert.deepEqual([...new Set(await arrived())].sort(), ["sqs:ListQueues", "sts:AssumeRole"]);
  });

  test(`${engine}: each account sees its own answers, whatever the component writes`, async () => {
    await front("POST", "forget", {});
    const kind = "Test::Others::Everywhere";
    const pages = await collect(sync({ ...hostile, engine, kinds: [kind] }));
    const calls = (await front("GET", "calls")).filter((call) => call.operation === "ListQueues");
    assert.ok(calls.length > 0);
    for (const { account, region, resources } of pages.filter((page) => page.kind === kind)) {
      for (const other of accounts.filter((id) => id !== account)) assert.ok(!JSON.stringify(resources).includes(`/${other}/`), `${account} ${region}`);
    }
    for (const call of calls) assert.ok(accounts.includes(call.account), JSON.stringify(call));
    assert.deepEqual([...new Set(calls.map((call) => call.account))].sort(), [...accounts].sort());
  });

  test(`${engine}: a unit without an end is left when its reader leaves`, async () => {
    const discovery = await Discovery.open({ ...hostile, engine, kinds: ["Test::Cursors::Endless"] });
    const [account] = (await discovery.discoverAccounts()).accounts;
    let pages = 0;
    for await (const page of discovery.syncUnit(account, { kind: "Test::Cursors::Endless", region: BAD })) {
      assert.equal(page.complete, false);
      pages += 1;
      if (pages === 50) break;
    }
    assert.equal(pages, 50);
    await discovery.close();
  });
}
