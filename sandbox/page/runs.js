// A list of messages as clients show it: days, in them runs of one sender, in them bubbles (an album is one).

import { author } from "./person.js";
import { serviceText } from "./service.js";
import { dayKey } from "./time.js";

const SAME_RUN_SECONDS = 600;

/** `[{key, date, runs: [{key, service, author, bubbles: [[message, …], …]}]}]`, oldest first. */
export function daysOf(messages) {
  const days = [];
  for (const bubble of bubblesOf(messages)) {
    const first = bubble[0];
    const key = dayKey(first.date);
    if (days.at(-1)?.key !== key) days.push({ key, date: first.date, runs: [] });
    const { runs } = days.at(-1);
    if (!continues(runs.at(-1), first)) {
      runs.push({ key: first.message_id, service: serviceText(first), author: author(first), bubbles: [] });
    }
    runs.at(-1).bubbles.push(bubble);
  }
  return days;
}

function bubblesOf(messages) {
  const bubbles = [];
  for (const message of messages) {
    const last = bubbles.at(-1);
    if (message.media_group_id && last?.[0].media_group_id === message.media_group_id) last.push(message);
    else bubbles.push([message]);
  }
  return bubbles;
}

function continues(run, message) {
  if (!run || run.service || serviceText(message)) return false;
  const last = run.bubbles.at(-1).at(-1);
  return run.author.id === author(message).id && message.date - last.date < SAME_RUN_SECONDS;
}
