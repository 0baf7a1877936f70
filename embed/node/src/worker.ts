/** A thread that runs instances of the component: one at a time where `send` blocks, several where it suspends. */

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { Instance, Limit } from "./instance.js";
import { LOG_CHARACTERS_MAX } from "./limits.js";
import { ANSWERED, ENTRIES, type FromThread, type Request, RUNNING, type Sent, type Start, type ToThread } from "./protocol.js";
import { printable } from "./text.js";

const start = workerData as Start;
const port = parentPort as MessagePort;
const idle: Instance[] = [];
const waiting = new Map<number, (answers: readonly Sent[]) => void>();

const say = (message: FromThread): void => port.postMessage(message);

/** The component is entered for this call, at its beginning or after an answer. */
function enter(call: number): void {
  Atomics.store(start.marks, RUNNING, call);
  Atomics.add(start.marks, ENTRIES, 1);
}

function leave(): void {
  Atomics.store(start.marks, RUNNING, 0);
}

/** Sleeps until the main thread has sent what was asked for. It answers always: each exchange there has its time. A thread that
 * blocks is given one call at a time, so nothing else can lie in the port. */
function blocked(): readonly Sent[] {
  for (;;) {
    Atomics.wait(start.marks, ANSWERED, 0);
    Atomics.store(start.marks, ANSWERED, 0);
    const received = receiveMessageOnPort(port)?.message as ToThread | undefined;
    if (received?.is === "answers") return received.answers;
  }
}

const outside = {
  enter,
  leave,
  log: (call: number, level: "error" | "warn" | "info" | "debug", message: string): void => say({ is: "log", call, level, message: printable(message, LOG_CHARACTERS_MAX) }),
  send: (call: number, requests: readonly Request[]): readonly Sent[] | Promise<readonly Sent[]> => {
    say({ is: "send", call, requests });
    return start.blocking ? blocked() : new Promise((resolve) => waiting.set(call, resolve));
  },
};
export type Outside = typeof outside;

async function run({ call, method, arguments: given }: Extract<ToThread, { is: "call" }>): Promise<void> {
  let instance: Instance | undefined;
  try {
    instance = idle.pop() ?? (await Instance.make(start, outside, call));
    const value = await instance.call(call, method, given);
    if (instance.isFit) idle.push(instance);
    say({ is: "result", call, value });
  } catch (error) {
    leave();
    waiting.delete(call);
    if (typeof error === "object" && error !== null && "payload" in error) {
      // An error that the component gave back. The instance is thrown away all the same.
      say({ is: "failure", call, payload: error.payload });
    } else {
      const why = error instanceof Limit ? "limit" : "trap";
      const said = error instanceof Limit ? error.message : (instance?.lastError ?? (error instanceof Error ? error.message : String(error)));
      say({ is: "stopped", call, why, message: printable(said, LOG_CHARACTERS_MAX) });
    }
  }
}

port.on("message", (message: ToThread) => {
  if (message.is === "call") {
    void run(message);
  } else {
    waiting.get(message.call)?.(message.answers);
    waiting.delete(message.call);
  }
});
say({ is: "ready" });
