// @ts-check
//! What the extension's own pages ask of the worker: the popup, and the pages that are shown instead of a site.

import { accessState, askAccess } from "./access.js";
import { askThread, deliver } from "./deliver.js";
import { isLoaded, receipt_code, receipt_read, receipt_shown, reply_entry, report_entry } from "./engine.js";
import { goOn, stopped, stoppedByRule } from "./navigation.js";
import { counts, keep, outbox } from "./outbox.js";
import { listsState } from "./lists.js";
import * as platform from "./platform.js";
import { ASK, wellFormed } from "./protocol.js";
import { completeOrStuck, current, readyOrStuck, wordsProblem } from "./state.js";

/** How long a page is kept waiting for the news that something was sent. */
const PATIENCE = 6_000;

/**
 * @param {any} message
 * @param {chrome.runtime.MessageSender} sender
 * @returns {Promise<any>}
 */
export async function answerPage(message, sender) {
  switch (message?.kind) {
    case ASK.status:
      // Managed storage can take seconds while the browser starts; a page may have what is known now, or wait.
      if (message.settled) await readyOrStuck();
      if (message.complete) await completeOrStuck();
      return status();
    case ASK.stopped:
      return message.url ? stoppedByRule(String(message.url), sender.frameId === 0) : stopped(String(message.key));
    case ASK.goOn:
      // Only in a tab of its own: a page that holds the warning in a frame could trick somebody into the click.
      return sender.frameId === 0 ? goOn(String(message.key)) : {};
    case ASK.access:
      return sender.frameId === 0 ? askAccess(String(message.key), String(message.reason ?? "")) : {};
    case ASK.accessState:
      return accessState(String(message.host));
    case ASK.report:
      return said(() => report(message.draft));
    case ASK.sent:
      return { sent: await sent(String(message.id)) };
    case ASK.thread:
      return said(() => thread(String(message.receipt)));
    case ASK.reply:
      return said(() => reply(message));
    default:
      return {};
  }
}

async function status() {
  const local = await platform.readLocal(["school", "contact"]);
  const known = {
    status: current(),
    school: local.school ?? null,
    contact: local.contact ?? null,
    version: platform.version(),
  };
  // Nobody waits for the engine to be told that it is still being started, or cannot be.
  if (!isLoaded()) return known;
  return {
    ...known,
    lists: await listsState(),
    words: wordsProblem(),
    counts: await counts(),
    halted: await halted(),
  };
}

/** Whether the relay no longer takes this device's word. */
const halted = async () => JSON.parse((await outbox()).next(Date.now())).step === "halted";

/**
 * Words that cannot be sent as they are come back as words for the pupil; any other fault is a fault.
 * @param {() => Promise<any>} work
 */
async function said(work) {
  if (!(await readyOrStuck())) throw new Error("nothing can be sent: the engine is not there");
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && /^(Words|Receipt)Error$/.test(error.name)) return { problem: error.message };
    throw error;
  }
}

/**
 * @param {any} draft With an id and 64 random bytes of its own: asked again for the same draft, whatever became of the first answer,
 *   this keeps one report, under one receipt.
 */
async function report(draft) {
  const { id } = draft;
  const receipt = receipt_code(Uint8Array.from(draft.random));
  const { identity, story, wish } = draft;
  if (identity.name) identity.name = wellFormed(identity.name);
  const words = { identity, story: wellFormed(story), wish: wellFormed(wish) };
  const made = { adult: draft.adult, about: draft.about, ...words, id, now: Date.now(), receipt };
  const saved = await keep(JSON.parse(report_entry(JSON.stringify(made))));
  return { id, receipt: receipt_shown(receipt), saved };
}

/** @param {any} message With an id of its own, as a report has. */
async function reply({ id, receipt, text }) {
  const made = { id, now: Date.now(), receipt, text: wellFormed(text) };
  return { id, saved: await keep(JSON.parse(reply_entry(JSON.stringify(made)))) };
}

/**
 * What has become of an entry, after waiting a little for it: “sent”, “waiting”, “refused”, when nobody will ever have it, or
 * “halted”, when the relay no longer takes this device's word: being online then changes nothing.
 * @param {string} id
 * @returns {Promise<string>}
 */
async function sent(id) {
  const box = await outbox();
  if (JSON.parse(box.stands(id)) === "waiting") {
    await Promise.race([deliver(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  }
  return JSON.parse(box.stands(id));
}

/** @param {string} typed */
async function thread(typed) {
  const answer = await askThread(receipt_read(typed));
  if (answer.status === 0) return { offline: true };
  if (answer.status === 404) return { unknown: true };
  if (answer.status === 429) return { later: answer.retry_after ?? 60 };
  if (answer.status !== 200) return (await halted()) ? { halted: true } : { offline: true };
  return { thread: JSON.parse(answer.body) };
}
