// Asks the browser for a passkey and sends its answer with the form; every page says what to do without it. The relay
// decides what the answer proves. No HTML is made here.
(() => {
  "use strict";
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const state = form.querySelector("[data-state]");
  const button = form.querySelector("button");
  if (!window.PublicKeyCredential) {
    state.textContent = "This browser cannot use passkeys. Use another way.";
    return;
  }

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list ?? []).map((key) => ({ ...key, id: bytes(key.id) }));

  async function make(options) {
    const user = { ...options.user, id: bytes(options.user.id) };
    const publicKey = {
      ...options, user, challenge: bytes(options.challenge), excludeCredentials: named(options.excludeCredentials),
    };
    const key = await navigator.credentials.create({ publicKey });
    return {
      attestationObject: text(key.response.attestationObject),
      clientDataJSON: text(key.response.clientDataJSON),
      of: key,
    };
  }

  async function prove(options) {
    const publicKey = {
      ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials),
    };
    const key = await navigator.credentials.get({ publicKey });
    return {
      authenticatorData: text(key.response.authenticatorData),
      clientDataJSON: text(key.response.clientDataJSON),
      signature: text(key.response.signature),
      userHandle: key.response.userHandle ? text(key.response.userHandle) : null,
      of: key,
    };
  }

  form.addEventListener("submit", async (event) => {
    // Not by `form.elements`: the button has this name as its id, so that the list of errors can lead to it.
    const field = form.querySelector("input[name=passkey]");
    if (field.value) return;
    event.preventDefault();
    button.disabled = true;
    state.textContent = "Follow what your browser or device asks.";
    try {
      const options = JSON.parse(form.dataset.options).publicKey;
      const { of: key, ...response } = await (form.dataset.passkey === "new" ? make(options) : prove(options));
      field.value = JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response });
      form.submit();
    } catch (error) {
      button.disabled = false;
      state.textContent = error.name === "InvalidStateError"
        ? "This passkey is on your account already."
        : "That did not work, or it was stopped. Try again, or use another way.";
    }
  });
})();
