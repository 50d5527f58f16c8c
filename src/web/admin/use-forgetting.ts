import { useEffect } from 'preact/hooks';

/** After how long without use the key is forgotten, in milliseconds. */
const IDLE = 15 * 60_000;

const USES = ['pointerdown', 'keydown', 'wheel', 'touchmove'];

/** Calls back when nobody has used the page for a while, also while the machine slept. */
export function useForgetting(onIdle: () => void): void {
  useEffect(() => {
    let lastUse = Date.now();
    let timer: number;
    const check = () => {
      const left = lastUse + IDLE - Date.now();
      if (left <= 0) return onIdle();
      clearTimeout(timer);
      timer = window.setTimeout(check, left);
    };
    const use = () => {
      // Before the use counts: a page that wakes up after hours is locked already.
      if (Date.now() - lastUse >= IDLE) onIdle();
      lastUse = Date.now();
    };
    check();
    for (const name of USES) window.addEventListener(name, use, { capture: true, passive: true });
    document.addEventListener('visibilitychange', check);
    return () => {
      clearTimeout(timer);
      for (const name of USES) window.removeEventListener(name, use, { capture: true });
      document.removeEventListener('visibilitychange', check);
    };
  }, [onIdle]);
}
