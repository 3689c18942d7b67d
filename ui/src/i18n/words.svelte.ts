//! What the pages say, in the visitor's language: texts by key, with counts and values put in. Only one language is loaded.
//! Deliberately not here: money and dates (see `format`).
import type english from './en.json';

/** Each text's name; those that count have a name with `#` for one and for many. */
export type Key = keyof typeof english;
type Words = Record<Key, string>;

export const LANGUAGES = { en: 'English', de: 'Deutsch', tr: 'Türkçe' } as const;
export type Language = keyof typeof LANGUAGES;

const LOADERS: Record<Language, Loader> = {
  en: () => import('./en.json'),
  de: () => import('./de.json'),
  tr: () => import('./tr.json'),
};

/** Texts of a language, in a piece of their own. */
export type Loader = () => Promise<{ default: unknown }>;
/** Texts beside the pages' own: those for staff. */
const more: Record<Language, Loader>[] = [];

const state = $state({ language: 'en' as Language, words: {} as Partial<Words> });

/** The language that is shown. */
export const language = (): Language => state.language;

/** Loads a language's texts: the one that `public/theme.js` found, or a chosen one, which is remembered. */
export async function loadWords(chosen?: Language): Promise<void> {
  const wanted = chosen ?? document.documentElement.lang;
  const known: Language = wanted in LANGUAGES ? (wanted as Language) : 'en';
  const loaded = await Promise.all([LOADERS, ...more].map((of) => of[known]()));
  state.words = Object.assign({}, ...loaded.map((of) => of.default)) as Words;
  state.language = known;
  document.documentElement.lang = known;
  if (chosen) {
    try {
      localStorage.setItem('usher.language', chosen);
    } catch {
      // It lasts as long as the page then.
    }
  }
}

/** A text with `{name}` replaced. With `n`, the form for so many: `key#one` if the language has it for this number. */
export function say(key: Key, values: Record<string, string | number> = {}): string {
  let text: string | undefined = state.words[key];
  if (typeof values.n === 'number' && new Intl.PluralRules(state.language).select(values.n) === 'one') {
    text = state.words[`${key}#one` as Key] ?? text;
  }
  return (text ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === 'number' ? new Intl.NumberFormat(state.language).format(value) : value;
  });
}

/** A text whose name comes from the server, such as a problem's code; nothing if there is none. */
export const sayIf = (key: string): string | undefined => (state.words as Record<string, string>)[key];

/** Adds texts to those that are there, in this language and in those that are chosen later. */
export async function addWords(loaders: Record<Language, Loader>): Promise<void> {
  more.push(loaders);
  Object.assign(state.words, (await loaders[state.language]()).default);
}
