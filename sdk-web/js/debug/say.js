// How `debug.js` speaks, and how nothing of it reaches the page.

export const say = (sentence) => console.info(`Sillage: ${sentence}`);

export function attempt(run) {
  try {
    return run();
  } catch (error) {
    try {
      say(`the debugging itself failed: ${error}`);
    } catch {}
  }
}
