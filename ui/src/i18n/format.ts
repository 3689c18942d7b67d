//! Money and dates as the visitor's language writes them. Money comes in minor units; dates are shown in the venue's time.
import { language } from './words.svelte';

export type Money = { amount: number; currency: string };

const digits = (currency: string): number => new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** An amount; whole amounts without `,00` if `short`. */
export function money(value: Money, short = false): string {
  const unit = 10 ** digits(value.currency);
  const whole = short && value.amount % unit === 0;
  const shown = whole ? { minimumFractionDigits: 0, maximumFractionDigits: 0 } : {};
  return new Intl.NumberFormat(language(), { style: 'currency', currency: value.currency, ...shown }).format(value.amount / unit);
}

/** The sum of amounts of one currency. */
export function sum(values: Money[], currency: string): Money {
  return { amount: values.reduce((all, value) => all + value.amount, 0), currency };
}

/** The visitor's own region of the language, if they have one: an Englishman's evening begins at 19:30. */
const locale = (): string => navigator.languages?.find((of) => of.split('-')[0] === language()) ?? language();

const made = new Map<string, Intl.DateTimeFormat>();

/** A part of a time in a zone; one format is made once. */
export function date(at: string, zone: string, shown: Intl.DateTimeFormatOptions): string {
  const key = `${language()} ${zone} ${JSON.stringify(shown)}`;
  let format = made.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale(), { timeZone: zone, ...shown });
    made.set(key, format);
  }
  return format.format(new Date(at));
}

export const day = (at: string, zone: string) => date(at, zone, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
export const dayShort = (at: string, zone: string) => date(at, zone, { weekday: 'short', day: 'numeric', month: 'short' });
export const time = (at: string, zone: string) => date(at, zone, { hour: 'numeric', minute: '2-digit' });

/** The time where the visitor is, if it differs from the venue's. */
export function yourTime(at: string, zone: string): string | undefined {
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [here, there] = [mine, zone].map((of) => new Intl.DateTimeFormat('en', { timeZone: of, dateStyle: 'short', timeStyle: 'short' }).format(new Date(at)));
  return here === there ? undefined : date(at, mine, { weekday: 'short', hour: 'numeric', minute: '2-digit', timeZoneName: 'short' });
}

/** The day of a time in a zone as `2026-11-23`: what days are compared by. */
export const dayKey = (at: string, zone: string): string => new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(at));
