//! What the pages for staff say, in a piece of their own that buyers do not load.
import { addWords, type Key, say } from '../i18n/words.svelte';
import type english from './words/staff-en.json';

export type StaffKey = keyof typeof english;

export const loadStaffWords = (): Promise<void> => addWords({ en: () => import('./words/staff-en.json'), de: () => import('./words/staff-de.json'), tr: () => import('./words/staff-tr.json') });

/** As `say`, of the words for staff. */
export const tell = (key: StaffKey, values: Record<string, string | number> = {}): string => say(key as unknown as Key, values);
