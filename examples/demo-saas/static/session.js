// Who is signed in, for the other scripts of the page: the global `tidemark`, and the entry
// `tidemark.session` of localStorage, which lasts until the sign-in page is shown again.
"use strict";

(() => {
  const { user, name, role, account, company } = document.currentScript.dataset;
  try {
    if (!user) {
      localStorage.removeItem("tidemark.session");
      return;
    }
    window.tidemark = { account, company, user: { id: user, name, role } };
    localStorage.setItem("tidemark.session", JSON.stringify({ user: { id: user, name, role }, account: { id: account, name: company } }));
  } catch {
    // A browser that keeps nothing is signed in all the same.
  }
})();
