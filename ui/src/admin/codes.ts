//! What is scanned or typed at a door, and the request that it becomes. Pure.

/** A ticket's id, or a signed code as it is printed; nothing if it is neither. */
export function scanOf(text: string): { ticket: string } | { code: string } | undefined {
  // No code ends in a space (the last digit of a base45 group is at most 32), though most have one within.
  const given = text.trim();
  if (/^USHER\d+:[0-9A-Z $%*+\-./:]+$/.test(given)) return { code: given };
  // Typed by hand, from under the code; or the link that a ticket is shown at.
  const id = /(?:^|\/)(tkt_[0-9a-z]+)$/i.exec(given.replace(/[?#].*$/, ''))?.[1];
  return id ? { ticket: id.toLowerCase() } : undefined;
}
