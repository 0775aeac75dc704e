"use strict";
// One room: messages come by WebSocket where it can be had, by long polling otherwise.

const list = document.getElementById("messages");
const form = document.getElementById("say");
const status = document.getElementById("status");
const room = list.dataset.room;
const RETRY_DELAY = 1000; // milliseconds between attempts while the server cannot be reached

let socket = null;

function lastId() {
  const last = list.lastElementChild;
  return last ? Number(last.dataset.id) : 0;
}

function showStatus(state) {
  status.dataset.state = state;
  status.textContent = status.dataset[state];
}

// The server escaped the HTML. A message may come twice when the way of delivery changes.
function show(message) {
  if (message.id <= lastId()) return;
  list.insertAdjacentHTML("beforeend", message.html);
  list.scrollTop = list.scrollHeight;
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, RETRY_DELAY));
}

function listenBySocket() {
  const address = new URL(`${room}/socket?after=${lastId()}`, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const candidate = new WebSocket(address);
  let opened = false;
  candidate.onopen = () => {
    opened = true;
    socket = candidate;
    showStatus("socket");
  };
  candidate.onmessage = (event) => show(JSON.parse(event.data));
  candidate.onclose = async () => {
    socket = null;
    if (!opened) return listenByPolling();
    showStatus("offline");
    await pause();
    listenBySocket();
  };
}

async function listenByPolling() {
  showStatus("polling");
  for (;;) {
    try {
      const response = await fetch(`${room}/messages?after=${lastId()}`);
      if (!response.ok) throw new Error(response.statusText);
      (await response.json()).messages.forEach(show);
      showStatus("polling");
    } catch {
      showStatus("offline");
      await pause();
    }
  }
}

function say(text) {
  if (socket && socket.readyState === WebSocket.OPEN) return socket.send(text);
  return fetch(`${room}/messages`, {
    method: "POST",
    headers: { "X-XSRFToken": form.elements._xsrf.value },
    body: new URLSearchParams({ text }),
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const field = form.elements.text;
  if (field.value.trim()) say(field.value.trim());
  field.value = "";
});

list.scrollTop = list.scrollHeight;
listenBySocket();
