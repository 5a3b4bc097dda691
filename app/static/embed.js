// Samtykke: forms that post to us answer on the page itself, or lead to the page they name. Without this script they work all the same.
(() => {
  "use strict";
  const home = new URL(document.currentScript.src).origin;
  const language = (node) => (node.closest("[lang]") || document.documentElement).lang;
  const random = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
  let drawn = 0;

  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.filter(Boolean));
    return node;
  };

  const ask = async (path, node) => {
    const answer = await fetch(`${home}${path}?lang=${language(node)}`, { credentials: "omit" });
    if (!answer.ok) throw answer;
    return answer.json();
  };

  const tick = ({ name, purpose, text, required }, id) =>
    make("p", {}, make("label", {}, make("input", { type: "checkbox", id, name, value: "yes", required }), " ",
      purpose && make("strong", {}, `${purpose}: `), text));

  const input = (item, common, words) => {
    if (item.kind === "textarea") return make("textarea", { ...common, rows: 6 });
    if (item.kind !== "select") return make("input", { ...common, type: item.kind });
    const options = item.options.map(({ value, label }) => new Option(label, value));
    return make("select", common, new Option(words.choose, ""), ...options);
  };

  const field = (item, id, words) => {
    if (item.kind === "checkbox") return tick({ ...item, text: item.label }, id);
    const { name, required, autocomplete, help, label } = item;
    const common = { id, name, required, autocomplete, "aria-describedby": help && `${id}-h` };
    return make("p", {}, make("label", { for: id }, label, !required && ` (${words.voluntary})`), make("br", {}),
      help && make("small", { id: `${id}-h` }, help), help && make("br", {}), input(item, common, words));
  };

  const trap = () => {
    const node = make("input", { name: "_gotcha", tabindex: "-1", autocomplete: "off", "aria-hidden": "true" });
    Object.assign(node.style, { position: "absolute", left: "-9999px" });
    return node;
  };

  const draw = async (place) => {
    const path = `/f/${place.dataset.samtykke}`;
    try {
      const { words, ...form } = await ask(`${path}/schema`, place);
      const prefix = `samtykke-${(drawn += 1)}-`;
      const id = ({ name }) => prefix + name;
      const node = make("form", { method: "post", action: form.action, lang: form.lang, novalidate: true },
        ...form.fields.map((item) => field(item, id(item), words)),
        form.consents[0] && make("fieldset", {}, make("legend", {}, `${words.later} (${words.voluntary})`),
          make("p", {}, words.free), ...form.consents.map((box) => tick(box, id(box)))),
        form.age && tick({ ...form.age, required: true }, id(form.age)),
        ...form.links.map(([href, text]) => make("p", {}, make("a", { href }, text))),
        trap(), make("button", { type: "submit" }, form.submit_label || words.send));
      place.replaceChildren(node);
      enhance(node);
    } catch {
      if (!place.firstChild) place.append(make("a", { href: home + path }, home + path));
    }
  };

  const hide = (form, name, value) => {
    if (!form.elements[name]) form.append(make("input", { type: "hidden", name }));
    form.elements[name].value = value;
  };

  const clear = (form) => {
    form.querySelectorAll(".samtykke-wrong").forEach((node) => node.remove());
    form.querySelectorAll("[aria-invalid]").forEach((node) => {
      node.removeAttribute("aria-invalid");
      node.setAttribute("aria-describedby", node.dataset.described);
    });
  };

  const complain = (form, { errors, message }) => {
    const wrong = (text, more) => make("span", { class: "samtykke-wrong wrong", ...more }, text);
    let first;
    for (const error of errors) {
      const found = form.elements[error.field];
      if (!found?.type || found.type === "hidden") continue;
      found.id ||= random();
      found.dataset.described ??= found.getAttribute("aria-describedby") || "";
      found.setAttribute("aria-invalid", "true");
      found.setAttribute("aria-describedby", `${found.dataset.described} ${found.id}-wrong`);
      (found.closest("label") || found).before(wrong(error.message, { id: `${found.id}-wrong` }));
      first ||= found;
    }
    if (!first) form.prepend((first = wrong(message, { role: "alert", tabindex: "-1" })));
    first.focus();
  };

  const thank = (form, { next, message }) => {
    // As without this script, but our own page is not needed, and what is marked thanks where it stands.
    const stays = /\/f\/[a-z0-9-]+\/thanks\?/.test(next) || form.closest("[data-samtykke]");
    if (!stays || form.elements._next) return location.assign(next);
    const node = make("div", { role: "status", tabindex: "-1", lang: form.lang });
    form.replaceWith(node);
    node.append(make("p", {}, message));
    node.focus();
  };

  const enhance = (form) => {
    const action = form.getAttribute("action");
    let before, busy, pressed;
    hide(form, "_page", location.origin + location.pathname);
    if (!form.elements._lang) hide(form, "_lang", language(form));
    ask(`${new URL(action, home).pathname}/token`, form).then(({ token }) => hide(form, "_t", token), () => {});

    // Neither we nor submit() would send the button that was pressed.
    form.addEventListener("formdata", ({ formData }) => pressed?.name && formData.append(pressed.name, pressed.value));

    const send = async () => {
      const body = new URLSearchParams(new FormData(form));
      body.delete("_sid");
      // Other words are another submission.
      if (before !== String(body)) hide(form, "_sid", random());
      before = String(body);
      const headers = { Accept: "application/json", "Idempotency-Key": form.elements._sid.value };
      const signal = AbortSignal.timeout(15000);
      const answer = await fetch(action, { method: "post", credentials: "omit", headers, body, signal });
      if (answer.status > 499) throw answer;
      clear(form);
      (answer.ok ? thank : complain)(form, await answer.json());
    };

    form.addEventListener("submit", async (event) => {
      if (form.querySelector("[type=file]")) return;
      event.preventDefault();
      if (busy) return;
      busy = true;
      pressed = event.submitter;
      // On any failure the browser sends it its own way; the same _sid keeps it from being stored twice.
      await send().catch(() => HTMLFormElement.prototype.submit.call(form));
      busy = false;
    });
  };

  const start = () => {
    document.querySelectorAll("[data-samtykke]:not(form)").forEach(draw);
    document.querySelectorAll("form[action]").forEach((form) => {
      const { origin, pathname } = new URL(form.getAttribute("action"), location);
      if (origin === home && /^\/f\/[a-z0-9-]+$/.test(pathname)) enhance(form);
    });
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
