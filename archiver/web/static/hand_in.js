// Sends the form of the hand-in page in pieces that can be resumed (see /api/v1/submissions in docs/api.md).
// Without this file the form is sent whole and does the same. No library, no other host, nothing kept but the id of
// an upload under way.
"use strict";
(() => {
  const form = document.getElementById("hand-in");
  const input = document.getElementById("files");
  if (!form || !window.fetch || !window.FormData || !Blob.prototype.slice) return;
  const piece = Number(form.dataset.piece);
  const most = Number(form.dataset.most);
  const largest = Number(form.dataset.largest);
  const $ = (id) => document.getElementById(id);
  const status = $("status");
  let files = [];
  const said = new Map(); // what is said of one file alone, by the file
  let stopped = false;
  let busy = false;
  let waiting = null;

  const say = (text) => { status.textContent = text; };
  const size = (count) => count < 1048576 ? `${Math.ceil(count / 1024)} KiB` : `${(count / 1048576).toFixed(1)} MiB`;

  function show() {
    const list = $("chosen");
    list.textContent = "";
    list.hidden = files.length === 0;
    files.forEach((file, at) => {
      const line = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = `${file.name} (${size(file.size)})`;
      line.append(name);
      const act = (words, title, done, off) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "small";
        button.textContent = words;
        button.setAttribute("aria-label", `${title} ${file.name}`);
        button.disabled = Boolean(off) || busy;
        button.addEventListener("click", () => { done(); show(); say(`${files.length} files chosen.`); });
        line.append(" ", button);
      };
      const move = (by) => () => { const [one] = files.splice(at, 1); files.splice(at + by, 0, one); };
      act("Up", "Move up", move(-1), at === 0);
      act("Down", "Move down", move(1), at === files.length - 1);
      act("Remove", "Remove", () => { files.splice(at, 1); said.delete(file); });
      if (files.length > 1 && value("together") !== "yes") line.append(aboutOne(file));
      list.append(line);
    });
    input.required = files.length === 0;
  }

  function aboutOne(file) {
    const label = document.createElement("label");
    label.className = "of-one hint";
    label.textContent = "What this one is about (pictures and documents; may be left out)";
    const field = document.createElement("input");
    field.maxLength = 2000;
    field.value = said.get(file) || "";
    field.disabled = busy;
    field.addEventListener("input", () => said.set(file, field.value));
    label.append(field);
    return label;
  }

  function add(list) {
    const known = new Set(files.map((one) => `${one.name}/${one.size}/${one.lastModified}`));
    for (const one of list) {
      if (!known.has(`${one.name}/${one.size}/${one.lastModified}`)) files.push(one);
    }
    input.value = "";
    show();
    say(files.length === 1 ? "1 file chosen." : `${files.length} files chosen.`);
  }

  class Refused extends Error {
    constructor(message, status) { super(message); this.status = status; }
  }

  async function ask(method, path, options = {}) {
    const answer = await fetch(path, { method, credentials: "same-origin", ...options });
    if (answer.ok) return answer;
    let message = `The archive answered ${answer.status}.`;
    try { message = (await answer.json()).detail || message; } catch { /* no document */ }
    const refused = new Refused(message, answer.status);
    refused.offset = answer.headers.get("Upload-Offset");
    throw refused;
  }

  const passing = (error) => !(error instanceof Refused) || error.status === 503 || error.status === 429
    || error.status === 502 || error.status === 504;

  function pause(seconds) {
    return new Promise((resolve) => {
      const done = () => { clearTimeout(timer); window.removeEventListener("online", done); waiting = null; resolve(); };
      const timer = setTimeout(done, seconds * 1000);
      window.addEventListener("online", done);
      waiting = done;
    });
  }

  // Does something again, later and later, while the connection is lost.
  async function insist(what) {
    for (let turn = 0; ; turn += 1) {
      if (stopped) throw new Refused("Stopped. Press the button to go on.", 0);
      try { return await what(); } catch (error) {
        if (!passing(error) || turn >= 60) throw error;
        const seconds = Math.min(2 ** turn, 30);
        say(`The connection was lost. Trying again in ${seconds} seconds.`);
        await pause(seconds);
      }
    }
  }

  const value = (name) => form.elements[name] ? form.elements[name].value.trim() : "";

  function asked() {
    const together = value("together") === "yes" && files.length > 1;
    const order = value("order");
    const caption = {};
    for (const name of ["who", "what", "when", "where", "why"]) caption[name] = value(name);
    return {
      files: files.map((one) => ({
        name: one.name,
        size: one.size,
        group: together ? "1" : null,
        caption: together || !(said.get(one) || "").trim() ? null : { what: said.get(one).trim() },
      })),
      custodian: value("custodian") || null,
      caption,
      day_first: order === "" ? null : order === "day",
      choose: Boolean(form.elements.choose && form.elements.choose.checked),
    };
  }

  // The same files, chosen again after the page was closed, are the same upload: its key is made of what is asked.
  async function keyOf(text) {
    const stamp = files.map((one) => one.lastModified).join("/");
    const bytes = new TextEncoder().encode(`${text}/${stamp}`);
    let hash = 2166136261;
    let other = 5381;
    for (const one of bytes) { hash = Math.imul(hash ^ one, 16777619); other = (Math.imul(other, 33) + one) | 0; }
    return `page-${(hash >>> 0).toString(16)}-${(other >>> 0).toString(16)}-${bytes.length}-${counter()}`;
  }

  function counter() {
    try { return localStorage.getItem("handed-in") || "0"; } catch { return "0"; }
  }

  function count() {
    try { localStorage.setItem("handed-in", String(Date.now())); } catch { /* no storage: nothing to remember */ }
  }

  async function digest(bytes) {
    if (!window.crypto || !crypto.subtle) return null;
    const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return `sha-256=:${btoa(String.fromCharCode(...found))}:`;
  }

  async function sendFile(file, entry, progress) {
    let offset = entry.offset;
    while (offset < file.size) {
      const here = offset;
      const part = await file.slice(here, here + piece).arrayBuffer();
      offset = await insist(async () => {
        const headers = {
          "Content-Type": "application/partial-upload",
          "Upload-Offset": String(here),
          "Upload-Complete": here + part.byteLength === file.size ? "?1" : "?0",
        };
        const checked = await digest(part);
        if (checked) headers["Content-Digest"] = checked;
        try {
          const answer = await ask("PATCH", entry.location, { headers, body: part });
          return Number(answer.headers.get("Upload-Offset"));
        } catch (error) {
          if (error instanceof Refused && error.status === 409 && error.offset !== null) return Number(error.offset);
          throw error;
        }
      });
      progress(offset);
    }
  }

  async function send() {
    const text = JSON.stringify(asked());
    const headers = { "Content-Type": "application/json", "Idempotency-Key": await keyOf(text) };
    const begun = await (await insist(() => ask("POST", "/api/v1/submissions", { headers, body: text }))).json();
    const total = files.reduce((sum, one) => sum + one.size, 0) || 1;
    let before = 0;
    let told = -1;
    for (const [at, file] of files.entries()) {
      const progress = (offset) => {
        const share = Math.floor(((before + offset) / total) * 100);
        $("bar").value = share;
        $("bar-label").textContent = `Sending file ${at + 1} of ${files.length}: ${share} %`;
        if (share >= told + 25) { told = share; say(`${share} percent sent.`); }
      };
      progress(begun.files[at].offset);
      await sendFile(file, begun.files[at], progress);
      before += file.size;
    }
    say("All is sent. The archive is taking it in.");
    const answer = await insist(() => ask("POST", `/api/v1/uploads/${begun.upload}/commit`));
    return answer.json();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    if (files.length === 0) { say("Choose one or more files first."); input.focus(); return; }
    if (files.length > most || files.reduce((sum, one) => sum + one.size, 0) > largest) {
      say(`That is too much at once: at most ${most} files and ${size(largest)}.`);
      return;
    }
    busy = true;
    stopped = false;
    $("progress").hidden = false;
    $("stop").hidden = false;
    $("send").disabled = true;
    show();
    try {
      const answer = await send();
      count();
      const ids = answer.submissions.map((one) => one.submission).join(",");
      location.assign(answer.draft ? `/drafts/${answer.draft}` : `/hand-in?done=${ids}`);
    } catch (error) {
      if (error instanceof Refused && error.status === 401) { location.assign("/sign-in?next=/hand-in"); return; }
      say(error instanceof Refused ? error.message : "The connection was lost. Press the button to go on.");
      $("send").textContent = "Go on";
    } finally {
      busy = false;
      $("stop").hidden = true;
      $("send").disabled = false;
      show();
    }
  });

  $("stop").addEventListener("click", () => { stopped = true; say("Stopping."); if (waiting) waiting(); });
  input.addEventListener("change", () => add(input.files));
  for (const one of form.querySelectorAll('[name="together"]')) one.addEventListener("change", show);
  const drop = $("drop");
  $("drop-hint").hidden = false;
  drop.classList.add("scripted");
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); add(event.dataTransfer.files); });
  window.addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });
  const heading = document.getElementById("done-heading");
  if (heading) heading.focus();
})();
