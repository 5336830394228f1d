// Which part of a long conversation is drawn: a stretch of messages, pinned by ids so that news do not move it.

const SIZE = 80;
const STEP = 60;
const MOST = 240; // drawn at once: what is added at one end is let go at the other

export class Range {
  #first = null; // null: the newest SIZE messages
  #last = null; // null: up to the newest

  get live() {
    return this.#last === null;
  }

  latest() {
    this.#first = this.#last = null;
  }

  slice(list) {
    const end = this.#end(list);
    return list.slice(wholeAlbum(list, this.#start(list, end)), end);
  }

  /** Keep the drawn top where it is while the reader is not at the bottom. */
  pin(list) {
    if (this.#first === null && list.length > 0) this.#first = list[this.#start(list, list.length)].message_id;
  }

  /** Show more above; false where the list has no more. */
  up(list) {
    const start = this.#start(list, this.#end(list));
    if (start === 0) return false;
    const first = Math.max(0, start - STEP);
    this.#first = list[first].message_id;
    if (this.#end(list) - first > MOST) this.#last = list[first + MOST - 1].message_id;
    return true;
  }

  down(list) {
    if (this.live) return false;
    const end = Math.min(list.length, this.#end(list) + STEP);
    this.#last = end >= list.length ? null : list[end - 1].message_id;
    if (end - this.#start(list, end) > MOST) this.#first = list[end - MOST].message_id;
    return true;
  }

  around(list, id) {
    const at = indexOf(list, id);
    if (at >= this.#start(list, this.#end(list)) && at < this.#end(list)) return;
    this.#first = list[Math.max(0, at - SIZE / 2)].message_id;
    const end = at + SIZE / 2;
    this.#last = end >= list.length ? null : list[end].message_id;
  }

  #start(list, end) {
    return this.#first === null ? Math.max(0, end - SIZE) : indexOf(list, this.#first);
  }

  #end(list) {
    return this.#last === null ? list.length : Math.min(list.length, indexOf(list, this.#last) + 1);
  }
}

/** The place of the first message whose id is at least `id` (the list is sorted). */
function indexOf(list, id) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].message_id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function wholeAlbum(list, start) {
  const group = list[start]?.media_group_id;
  while (group && start > 0 && list[start - 1].media_group_id === group) start -= 1;
  return start;
}
