// @ts-check
// Source text in colours: comments, texts and words of Python, enough to read a method by.

import { make } from "./dom.js";

const TOKENS =
  /(?<comment>#.*)|(?<string>"[^"]*"|'[^']*')|(?<keyword>\b(?:and|def|else|False|for|if|in|None|not|or|return|self|True|while|with)\b)/g;

/** @param {string} text */
export function coloured(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(TOKENS)) {
    const [kind] = Object.entries(found.groups ?? {}).find(([, hit]) => hit) ?? ["plain"];
    parts.push(text.slice(end, found.index));
    parts.push(make("span", { class: `ln-${kind}`, text: found[0] }));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}
