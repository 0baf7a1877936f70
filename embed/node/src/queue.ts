/** A bounded queue between those who read and the one who takes: who reads faster waits. */
export class Queue<T> {
  readonly #items: T[] = [];
  readonly #max: number;
  readonly #putters: (() => void)[] = [];
  #taker: (() => void) | undefined;
  #end: { readonly error?: unknown } | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /** Puts an item when there is room. False when nobody takes any more. */
  async put(item: T): Promise<boolean> {
    while (!this.#end && this.#items.length >= this.#max) await new Promise<void>((resolve) => this.#putters.push(resolve));
    if (this.#end) return false;
    this.#items.push(item);
    this.#taker?.();
    return true;
  }

  /** No item comes any more; whoever takes gets what is there, and then `error`, if there is one. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? {} : { error };
    this.#taker?.();
    for (const wake of this.#putters.splice(0)) wake();
  }

  async *take(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      if (this.#end && "error" in this.#end) throw this.#end.error;
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#putters.shift()?.();
        yield item;
      } else if (this.#end) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#taker = resolve));
        this.#taker = undefined;
      }
    }
  }
}
