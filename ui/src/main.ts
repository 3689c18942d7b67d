//! Where the program begins: loads the words of the visitor's language, then shows the page.
import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';
import { loadWords } from './i18n/words.svelte';
import { routeOf } from './router.svelte';

// A node with another build was asked for a piece of this one, during an upgrade: begin anew with that build, once. Not in
// checkout, which loads its pieces when it is entered.
addEventListener('vite:preloadError', (event) => {
  if (location.pathname.startsWith('/c/') || sessionStorage.getItem('usher.reloaded')) return;
  event.preventDefault();
  sessionStorage.setItem('usher.reloaded', '1');
  location.reload();
});

await loadWords();
// Buyers load nothing of the pages for staff.
const staff = routeOf(location.pathname).page === 'admin';
mount(staff ? (await import('./admin/Admin.svelte')).default : App, { target: document.getElementById('app') as HTMLElement });
if ('serviceWorker' in navigator && !import.meta.env.DEV) navigator.serviceWorker.register('/sw.js').catch(() => undefined);
