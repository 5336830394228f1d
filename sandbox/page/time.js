// Dates as the reader's locale writes them. Telegram's times are seconds since 1970.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const numeric = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "2-digit", year: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" });
const dayAndYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const DAY_MS = 86_400_000;

const at = (seconds) => new Date(seconds * 1000);

export const timeOf = (seconds) => clock.format(at(seconds));
export const fullDate = (seconds) => full.format(at(seconds));

/** The calendar day, equal for two moments of the same local day. */
export const dayKey = (seconds) => at(seconds).toDateString();

export function dayTitle(seconds, now = new Date()) {
  const date = at(seconds);
  if (date.toDateString() === now.toDateString()) return "Today";
  if (date.toDateString() === new Date(now - DAY_MS).toDateString()) return "Yesterday";
  return (date.getFullYear() === now.getFullYear() ? day : dayAndYear).format(date);
}

/** As short as a chat list needs it: a time, a weekday, a day, a date. */
export function listDate(seconds, now = new Date()) {
  const date = at(seconds);
  if (date.toDateString() === now.toDateString()) return clock.format(date);
  if (now - date < 6 * DAY_MS) return weekday.format(date);
  return (date.getFullYear() === now.getFullYear() ? short : numeric).format(date);
}

export function fileSize(bytes = 0) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
