// Six questions; where one stopped and how many were right is kept, and the score is reported at the end.

const QUESTIONS = [
  { ask: "同一块菜地，下面哪种情况不能打药？", answers: ["早上露水干了以后", "风力三级以上", "傍晚五点以后"], right: 1, why: "风大药雾飘到别人的地里和自己身上，药效也差。早晚无风的时候最稳当。" },
  { ask: "标签上写安全间隔期七天，周一打的药，最早什么时候能采收？", answers: ["周五", "看着没药味就行", "下周一"], right: 2, why: "间隔期从打药的第二天算起，满七天才能采收，看不看得见药渍都一样。" },
  { ask: "配药的顺序应当是？", answers: ["先加一半水，倒入稀释好的药液，再加满水", "先倒药，再加满水", "先加满水，再倒药"], right: 0, why: "两次稀释，药液才匀，打出来才不会有的地方药害、有的地方没用。" },
  { ask: "两种药能不能混在一起打，先看什么？", answers: ["邻居有没有混过", "标签上的混用说明", "颜色一样不一样"], right: 1, why: "酸性和碱性的药混在一起会失效，甚至生成有害的东西。标签没写能混，就分开打。" },
  { ask: "打完药，空瓶子怎么办？", answers: ["洗三遍，交到回收点", "扔在沟边", "装水浇菜"], right: 0, why: "村里的回收点就在农资店门口，一个瓶子换一分积分，沟渠里不许丢。" },
  { ask: "有人打药时头晕恶心，第一步做什么？", answers: ["喝点水继续打完", "喝牛奶解毒", "离开地块，脱掉沾药的衣服，带上标签去医院"], right: 2, why: "先离开、再脱衣冲洗，拿着标签就医，医生才知道用什么药。" },
];

const api = findApi();
const state = { at: 0, right: 0 };

function findApi() {
  let frame = window;
  for (let step = 0; !frame.API && frame.parent && frame.parent !== frame && step < 20; step += 1) frame = frame.parent;
  return frame.API;
}

function begin() {
  api?.LMSInitialize("");
  const kept = api?.LMSGetValue("cmi.suspend_data");
  if (kept) Object.assign(state, JSON.parse(kept));
  if (api?.LMSGetValue("cmi.core.lesson_status") === "not attempted") api.LMSSetValue("cmi.core.lesson_status", "incomplete");
  show();
}

function keep() {
  api?.LMSSetValue("cmi.core.lesson_location", String(state.at));
  api?.LMSSetValue("cmi.suspend_data", JSON.stringify(state));
}

function show() {
  const answers = document.querySelector("#answers");
  answers.replaceChildren();
  document.querySelector("#why").textContent = "";
  if (state.at >= QUESTIONS.length) { finish(); return; }
  const question = QUESTIONS[state.at];
  document.querySelector("#where").textContent = `第 ${state.at + 1} 题，共 ${QUESTIONS.length} 题`;
  document.querySelector("#title").textContent = question.ask;
  document.querySelector("#next").hidden = true;
  question.answers.forEach((text, index) => {
    const key = document.createElement("button");
    key.type = "button";
    key.textContent = text;
    key.addEventListener("click", () => answer(index));
    answers.append(key);
  });
}

function answer(index) {
  const question = QUESTIONS[state.at];
  const keys = [...document.querySelectorAll("#answers button")];
  for (const key of keys) key.disabled = true;
  keys[question.right].classList.add("right");
  if (index === question.right) state.right += 1; else keys[index].classList.add("wrong");
  document.querySelector("#why").textContent = question.why;
  state.at += 1;
  keep();
  const next = document.querySelector("#next");
  next.textContent = state.at < QUESTIONS.length ? "下一题" : "看结果";
  next.hidden = false;
  next.focus();
}

function finish() {
  const score = Math.round((state.right * 100) / QUESTIONS.length);
  document.querySelector("#where").textContent = "做完了";
  document.querySelector("#title").textContent = `答对 ${state.right} 题，得 ${score} 分`;
  document.querySelector("#why").textContent = score >= 60 ? "记得把空瓶送到回收点。" : "再看一遍前面的课，回头还可以重做。";
  const next = document.querySelector("#next");
  next.textContent = "重做一遍";
  next.hidden = false;
  api?.LMSSetValue("cmi.core.score.raw", String(score));
  api?.LMSSetValue("cmi.core.lesson_status", score >= 60 ? "passed" : "failed");
  api?.LMSCommit("");
}

document.querySelector("#next").addEventListener("click", () => {
  if (state.at >= QUESTIONS.length && document.querySelector("#next").textContent === "重做一遍") Object.assign(state, { at: 0, right: 0 });
  keep();
  show();
});
window.addEventListener("pagehide", () => {
  api?.LMSSetValue("cmi.core.exit", "suspend");
  api?.LMSFinish("");
});
begin();
