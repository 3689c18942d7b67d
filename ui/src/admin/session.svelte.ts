//! Who works at this browser: somebody with an account, whose session is a cookie that no script sees; or an API key, kept in
//! this tab alone, that goes with each request. All that the pages for staff know of signing in is here.
import { client, given, type Schemas } from '../api/client';
import { Refused } from '../api/problem';

const KEPT = 'usher.staff-key';
const stored = (): string => {
  try {
    return sessionStorage.getItem(KEPT) ?? '';
  } catch {
    // It lasts as long as the page then.
    return '';
  }
};

const session: { key: string; account?: Schemas['Account']; known: boolean; ended: boolean } = $state({ key: stored(), known: false, ended: false });

/** Whether it is known by now who works here. */
export const known = (): boolean => session.known;
/** Whether somebody is signed in who has to do with these pages. */
export const signedIn = (): boolean => session.key !== '' || !!session.account?.operator || !!session.account?.organizations.length;
/** Whether a key that was good is not any more. */
export const ended = (): boolean => session.ended;
/** What shows a node who asks, for requests beside the client's. */
export const credentials = (): Record<string, string> => {
  if (session.key) return { authorization: `Bearer ${session.key}` };
  // Who works for several houses works for the first one here.
  const house = session.account?.organizations[0]?.organization;
  return house ? { 'x-organization': house } : {};
};

function put(key: string): void {
  session.key = key;
  try {
    if (key) sessionStorage.setItem(KEPT, key);
    else sessionStorage.removeItem(KEPT);
  } catch {
    // See above.
  }
}

/** Signs in; throws the refusal of a key that is not known. What a key may not do is said where it is tried. */
export async function signIn(key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  try {
    await given(client.GET('/api/v1/orders', { params: { query: { limit: 1 } }, headers }));
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.status !== 403) throw error;
  }
  session.ended = false;
  put(key);
}

export function signOut(): void {
  session.ended = false;
  put('');
  if (session.account) void given(client.POST('/api/v1/sessions/sign-out', {})).catch(() => undefined);
  session.account = undefined;
}

client.use({
  onRequest({ request }) {
    if (!request.headers.has('authorization')) for (const [name, value] of Object.entries(credentials())) request.headers.set(name, value);
    return request;
  },
  onResponse({ request, response }) {
    if (response.status === 401 && !session.key && session.account) [session.account, session.ended] = [undefined, true];
    if (response.status !== 401 || !session.key || request.headers.get('authorization') !== `Bearer ${session.key}`) return;
    session.ended = true;
    put('');
  },
});

let organizationOf: { key: string; id: Promise<string | undefined> } | undefined;
async function findOrganization(): Promise<string | undefined> {
  if (!session.key) return session.account?.organizations[0]?.organization;
  const keys = await given(client.GET('/api/v1/keys', { params: { query: { limit: 1 } } })).catch(() => undefined);
  if (keys?.items[0]) return keys.items[0].organization;
  const all = await given(client.GET('/api/v1/organizations', { params: { query: { limit: 2 } } })).catch(() => undefined);
  return all?.items.length === 1 ? all.items[0]?.id : undefined;
}
/** The organization that one works for; nothing if the key may not see that. */
export function organization(): Promise<string | undefined> {
  if (organizationOf?.key !== session.key) organizationOf = { key: session.key, id: findOrganization() };
  return organizationOf.id;
}

async function look(): Promise<void> {
  if (!session.key) session.account = await given(client.GET('/api/v1/account')).catch(() => undefined);
  session.known = true;
}
void look();
