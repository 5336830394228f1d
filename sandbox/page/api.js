// The people's side of the sandbox over HTTP. One function a route; every failure is an ApiError with a sentence.

export class ApiError extends Error {}

async function call(method, path, body) {
  const options = { method, headers: {} };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError("The sandbox does not answer. Is it still running?");
  }
  const text = await response.text();
  const data = parsed(text);
  if (!response.ok) throw new ApiError(data?.description ?? `The sandbox answered ${response.status}.`);
  return data;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function form(fields) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null || value === "" || value === false) continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item instanceof Blob) data.append(name, item, item.name ?? "picture.png");
      else data.append(name, String(item));
    }
  }
  return data;
}

function query(fields) {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}

export const api = {
  chats: () => call("GET", "/api/chats"),
  users: () => call("GET", "/api/users"),
  bot: () => call("GET", "/api/bot"),
  changeBot: (fields) => call("PATCH", "/api/bot", fields),
  settings: () => call("GET", "/api/settings"),
  changeSettings: (fields) => call("PATCH", "/api/settings", fields),
  setMember: (chat, fields) => call("POST", `/api/chats/${chat}/members`, fields),
  migrate: (chat) => call("POST", `/api/chats/${chat}/migrate`),
  messages: (chat, range = {}) => call("GET", `/api/chats/${chat}/messages${query(range)}`),
  send: (chat, fields) => call("POST", `/api/chats/${chat}/messages`, form(fields)),
  edit: (chat, message, fields) => call("PATCH", `/api/chats/${chat}/messages/${message}`, fields),
  remove: (chat, message, user) => call("DELETE", `/api/chats/${chat}/messages/${message}${query({ user_id: user })}`),
  react: (chat, message, fields) => call("POST", `/api/chats/${chat}/messages/${message}/reactions`, fields),
  callback: (fields) => call("POST", "/api/callbacks", fields),
  inline: (fields) => call("POST", "/api/inline", fields),
  chooseInline: (fields) => call("POST", "/api/inline/choose", fields),
  createTopic: (chat, fields) => call("POST", `/api/chats/${chat}/topics`, fields),
  createUser: (fields) => call("POST", "/api/users", fields),
  createChat: (fields) => call("POST", "/api/chats", fields),
  calls: () => call("GET", "/api/calls"),
  faults: () => call("GET", "/api/faults"),
  addFault: (fields) => call("POST", "/api/faults", fields),
  removeFault: (id) => call("DELETE", id === undefined ? "/api/faults" : `/api/faults/${id}`),
};

/** Where the bytes of a photo or document are. */
export const fileUrl = (id) => `/api/files/${encodeURIComponent(id)}`;
