/** Marks that reorder the text around them, so that a line can pretend to say something else; and control characters. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text from outside, fit for a terminal: without control characters, and no longer than `charactersMax`. */
export function printable(text: string, charactersMax: number): string {
  return text.slice(0, charactersMax).replace(UNPRINTABLE, " ");
}
