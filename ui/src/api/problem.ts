//! Refusals: what the server says is wrong, in the visitor's words where there are some.
import { say, sayIf } from '../i18n/words.svelte';

export type NamedPlace = { id: string; label: string };
export type Problem = {
  code: string;
  status: number;
  detail?: string;
  request_id?: string;
  seats?: NamedPlace[];
  suggestion?: NamedPlace[];
  errors?: { pointer?: string; detail?: string }[];
  pointer?: string;
  free?: number;
  max?: number;
  from?: string;
};

/** A request that was refused, or that no node answered. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

/** What an answer's body says is wrong. */
export function read(body: unknown, status: number): Refused {
  if (body && typeof body === 'object' && 'code' in body) return new Refused(body as Problem);
  return new Refused({ code: status >= 500 ? 'internal' : 'not-found', status });
}

/** What went wrong, as a problem, whatever was thrown. */
export const problemOf = (error: unknown): Problem => (error instanceof Refused ? error.problem : { code: 'internal', status: 0, detail: String(error) });

/** What it is called. */
export const told = (problem: Problem): string => sayIf(`problem.${problem.code}`) ?? problem.detail ?? say('problem.internal');

/** Whether nothing can be sold at the moment, though things can be looked at. */
export const sellsNothing = (problem: Problem): boolean => ['no-leader', 'no-majority', 'outcome-unknown', 'unreachable'].includes(problem.code);
