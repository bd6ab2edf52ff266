// @ts-check
// Files between the page and the learner's disk.

import { make } from "./dom.js";

/**
 * Put a file into the browser's folder for downloads.
 * @param {string} name @param {BlobPart} content @param {string} type
 */
export function download(name, content, type) {
  const href = URL.createObjectURL(new Blob([content], { type }));
  make("a", { href, download: name }).click();
  // The browser has its own hold on it by now.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/**
 * Ask for a file and give its text; of none that is chosen nothing is heard.
 * @param {string} accept @returns {Promise<string>}
 */
export function upload(accept) {
  return new Promise((resolve) => {
    const input = make("input", { type: "file", accept });
    input.onchange = async () => resolve((await input.files?.[0]?.text()) ?? "");
    input.click();
  });
}
