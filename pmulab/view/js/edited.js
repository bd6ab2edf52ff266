// @ts-check
// Whether a cell that defines a class was edited since it ran. Nobody tells the kernel of it, but
// JupyterLab, Notebook 7 and JupyterLite sign such a cell; a page without cells is never edited.

const SIGN = "jp-mod-dirty";

/**
 * Watch the cells of a notebook that define a class; who edits one has the focus there first.
 * @param {Element} inside @param {() => string} name @param {(edited: boolean) => void} tell
 * @returns {() => void} what ends it
 */
export function watchEdits(inside, name, tell) {
  const cells = /** @type {Set<Element>} */ (new Set());
  const seen = new MutationObserver(() =>
    tell([...cells].some((cell) => cell.isConnected && cell.classList.contains(SIGN))),
  );
  const look = (/** @type {Event} */ { target }) => {
    const cell = target instanceof Element ? target.closest(".jp-CodeCell") : null;
    const ours = cell?.closest(".jp-Notebook") === inside.closest(".jp-Notebook");
    const code = cell?.querySelector(".cm-content")?.textContent ?? "";
    if (!cell || !ours || cells.has(cell) || !code.includes(`class ${name()}(`)) return;
    cells.add(cell);
    seen.observe(cell, { attributes: true, attributeFilter: ["class"] });
  };
  document.addEventListener("focusin", look);
  return () => {
    document.removeEventListener("focusin", look);
    seen.disconnect();
  };
}
