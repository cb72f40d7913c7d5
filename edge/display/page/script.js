"use strict";

const RETRY_MS = 2000;
const SILENCE_MS = 15000; // the server speaks every 5 s, even when nothing changes
const SUMMARY_MS = 4000; // a screen reader is not told every small change

const $ = (id) => document.getElementById(id);
const faces = Array.from(document.querySelectorAll(".face"));
let front = 0; // which of the two pictures is seen; the other one takes the next face
let faceUrl = null;
let attributesShown = "";
let watchdog = 0;
let summaryTimer = 0;
let page = { // in the language of the scenes, once there was one
  face: "A drawn face.",
  lost: "The program does not answer. This page tries again by itself.",
};

const opened = () => setTimeout(() => document.body.classList.remove("opening"), 100);

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className || "";
  if (text) made.textContent = text;
  return made;
}

function show(scene) {
  const root = document.documentElement;
  root.style.setProperty("--state", scene.state.colour);
  root.style.setProperty("--level", scene.state.name === "speaking" ? Math.min(1, scene.level * 6) : 0);
  root.setAttribute("data-state", scene.state.name);
  root.style.setProperty("--brightness", scene.look.brightness);
  root.style.setProperty("--right", scene.look.right + "px");
  root.style.setProperty("--down", scene.look.down + "px");
  page = scene.page;
  root.lang = scene.language;
  $("nobody").setAttribute("aria-label", page.nobody);
  setText("measures-heading", page.measures);
  setText("word", scene.state.word);
  $("icon").setAttribute("d", scene.state.icon);
  setText("hint", scene.state.hint);
  setText("message", scene.message);
  $("message").hidden = !scene.message;
  setText("notice", scene.notice);
  $("notice").hidden = !scene.notice;
  setText("kiosk", scene.kiosk);
  $("kiosk").hidden = !scene.kiosk;
  setText("caption", scene.caption);
  setText("heading", scene.heading);
  setText("evidence", scene.evidence);
  $("suggestion").hidden = scene.evidence_s === null || scene.state.name === "fault";
  showAttributes(scene.attributes);
  showMeasures(scene.craniofacial);
  showFace(scene.face, scene.caption);
  summarise(scene);
}

// Writing the same text again would make a screen reader repeat it.
function setText(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text;
}

function showFace(url, caption) {
  if (!url) opened();
  $("nobody").style.visibility = url ? "hidden" : "";
  if (url === faceUrl) return;
  faceUrl = url;
  if (!url) {
    faces.forEach((face) => { face.classList.remove("seen"); face.alt = ""; });
    return;
  }
  const next = faces[1 - front];
  next.onload = () => {
    if (url !== faceUrl) return; // a newer face is on its way
    next.onload = null;
    // The old face stays whole below the new one, or the screen would go darker in between.
    next.classList.remove("seen");
    next.style.zIndex = 1;
    faces[front].style.zIndex = 0;
    faces[front].alt = "";
    next.ontransitionend = () => {
      if (faces[front] === next) faces[1 - front].classList.remove("seen");
    };
    void next.offsetWidth; // what changes from here on is animated
    next.classList.add("seen");
    next.alt = page.face + " " + caption;
    front = 1 - front;
    opened();
  };
  next.onerror = () => { if (url === faceUrl) faceUrl = null; };
  next.src = url;
}

// Bars keep their elements while only numbers change, so that they move instead of jumping.
function showAttributes(attributes) {
  const shape = JSON.stringify(attributes.map((a) => [a.name, a.scores.map((s) => s.label), !!a.interval]));
  const list = $("attributes");
  if (shape !== attributesShown) {
    attributesShown = shape;
    list.textContent = "";
    attributes.forEach((attribute) => list.appendChild(frameOf(attribute)));
  }
  attributes.forEach((attribute, index) => fill(list.children[index], attribute));
}

function frameOf(attribute) {
  const box = element("div", "attribute");
  box.appendChild(element("h3", "", attribute.label));
  box.appendChild(element("p", "value"));
  attribute.scores.forEach((score) => {
    const row = element("div", "score");
    row.appendChild(element("span", "", score.label));
    row.appendChild(element("div", "bar")).appendChild(element("i"));
    row.appendChild(element("span"));
    box.appendChild(row);
  });
  if (attribute.interval) {
    const range = box.appendChild(element("div", "interval"));
    const bar = range.appendChild(element("div", "bar"));
    bar.appendChild(element("i"));
    bar.appendChild(element("b"));
    const scale = range.appendChild(element("div"));
    ["0", "50", "100"].forEach((number) => scale.appendChild(element("span", "", number)));
  }
  box.appendChild(element("p", "note"));
  return box;
}

function fill(box, attribute) {
  box.classList.toggle("unsure", !attribute.sure);
  box.querySelector(".value").textContent = attribute.value;
  box.querySelector(".note").textContent = attribute.note;
  box.querySelectorAll(".score").forEach((row, index) => {
    const score = attribute.scores[index];
    row.classList.toggle("chosen", score.chosen);
    row.querySelector("i").style.width = 100 * score.share + "%";
    row.lastChild.textContent = score.words;
  });
  const range = attribute.interval;
  if (range) {
    const bar = box.querySelector(".interval .bar");
    bar.children[0].style.left = 100 * range.low + "%";
    bar.children[0].style.width = 100 * (range.high - range.low) + "%";
    bar.children[1].style.left = 100 * range.value + "%";
  }
}

function showMeasures(measures) {
  const names = Object.keys(measures);
  $("measures").hidden = names.length === 0;
  const list = $("craniofacial");
  const wanted = names.map((name) => name + measures[name]).join("");
  if (list.textContent === wanted) return;
  list.textContent = "";
  names.forEach((name) => {
    list.appendChild(element("dt", "", name));
    list.appendChild(element("dd", "", measures[name]));
  });
}

function summarise(scene) {
  clearTimeout(summaryTimer);
  const said = scene.attributes.map((a) => a.label + ": " + a.value).join(". ");
  if (said === $("summary").textContent) return;
  summaryTimer = setTimeout(() => setText("summary", said), SUMMARY_MS);
}

function found() {
  $("lost").hidden = true;
  document.body.classList.remove("lost");
}

function lost() {
  setText("lost", page.lost);
  $("lost").hidden = false;
  document.body.classList.add("lost");
}

function connect() {
  const events = new EventSource("events");
  const again = () => {
    clearTimeout(watchdog);
    events.close();
    // Where the stream is refused (too many pages), one scene at a time is fetched instead.
    fetch("scene.json")
      .then((answer) => answer.json())
      .then((scene) => { found(); show(scene); })
      .catch(lost)
      .then(() => setTimeout(connect, RETRY_MS));
  };
  const listen = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(again, SILENCE_MS);
  };
  events.onmessage = (event) => {
    listen();
    found();
    show(JSON.parse(event.data));
  };
  events.onerror = again;
  listen();
}

connect();
