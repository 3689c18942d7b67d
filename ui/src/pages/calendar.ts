//! The showtime of an order as a calendar's entry (RFC 5545). Times are in UTC, which every calendar turns into the reader's
//! own across changes of the clocks; the entry's name stays the same, so that adding it twice is adding it once.

export type Entry = { order: string; title: string; starts: string; ends: string | undefined; place: string; text: string; url: string };

const escaped = (text: string): string => text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n/g, '\\n');
const utc = (at: string): string => `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

/** A line of at most 75 bytes; what is longer goes on with a space on the next. */
function fold(line: string): string {
  const [out, encoder] = [[''], new TextEncoder()];
  for (const c of line) {
    const last = out.length - 1;
    if (encoder.encode((out[last] as string) + c).length > (last ? 74 : 75)) out.push(c);
    else out[last] += c;
  }
  return out.join('\r\n ');
}

export function calendar(of: Entry, now: string): string {
  const ends = of.ends ?? new Date(Date.parse(of.starts) + 2 * 3_600_000).toISOString();
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Usher//EN', 'BEGIN:VEVENT', `UID:${of.order}@usher`, `DTSTAMP:${utc(now)}`, `DTSTART:${utc(of.starts)}`, `DTEND:${utc(ends)}`, `SUMMARY:${escaped(of.title)}`, `LOCATION:${escaped(of.place)}`, `DESCRIPTION:${escaped(of.text)}`, `URL:${of.url}`, 'END:VEVENT', 'END:VCALENDAR'];
  return `${lines.map(fold).join('\r\n')}\r\n`;
}
