//! Tickets' codes as pictures, fetched with the credentials of whoever may have them.
import { bytes } from './client';

/** The SVG of a ticket's code. Throws if there is none to be had: a page of a node that is older, no network, a refusal. */
export async function codeOf(ticket: string, headers: Record<string, string>): Promise<string> {
  const svg = await bytes(`/api/v1/tickets/${ticket}`, { ...headers, accept: 'image/svg+xml' });
  if (!svg.headers.get('content-type')?.includes('svg')) throw new Error('no picture');
  return svg.text();
}

/** A picture as an address that `img` takes. */
export const asAddress = (svg: string): string => `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
