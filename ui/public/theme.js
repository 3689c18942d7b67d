// House lights: sets the chosen theme and language before anything is drawn. Tiny and blocking, so that nothing flashes.
try {
  const theme = localStorage.getItem('usher.theme');
  if (theme) document.documentElement.dataset.theme = theme;
  const language = localStorage.getItem('usher.language') || (navigator.languages || []).map((l) => l.slice(0, 2)).find((l) => ['en', 'de', 'tr'].includes(l));
  if (language) document.documentElement.lang = language;
} catch {
  // A browser that keeps nothing gets the defaults.
}
