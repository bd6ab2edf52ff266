// @ts-check
// A browser that refuses its stores to the page: JupyterLite does not start then, and says nothing.

const WORD =
  "This browser lets the page keep nothing, and so the lab does not start: allow data of this site " +
  "(cookies), or take the notebook with you as a file and run it with pmulab installed. ";

/** Tell whether the page may have a store. */
async function refused() {
  try {
    localStorage.getItem("");
    await new Promise((resolve, reject) => {
      const asked = indexedDB.open("pmulab stores");
      asked.onsuccess = () => resolve(asked.result.close());
      asked.onerror = () => reject(asked.error);
    });
    indexedDB.deleteDatabase("pmulab stores");
    return false;
  } catch {
    return true;
  }
}

function tell() {
  const name = new URL(location.href).searchParams.get("path") ?? "00-start-here.ipynb";
  const link = document.createElement("a");
  link.href = `../files/${name.split("/").map(encodeURIComponent).join("/")}`;
  link.download = name.split("/").pop() ?? name;
  link.textContent = `Download ${link.download}`;
  const said = document.createElement("p");
  said.setAttribute("role", "alert");
  said.className = "pmulab-refused";
  said.style.cssText =
    "position: fixed; inset: 0 0 auto; z-index: 100000; margin: 0; padding: 12px 16px;" +
    "font: 16px/1.5 sans-serif; color: #000; background: #fff3cd; border-bottom: 2px solid #8a6d00";
  said.append(WORD, link);
  document.body.append(said);
}

refused().then((so) => so && tell());
