// Sets the theme before the first paint; a classic script, so that nothing is drawn in the other one first.
try {
  const theme = localStorage.getItem("patou-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage that is switched off leaves the system's theme.
}
