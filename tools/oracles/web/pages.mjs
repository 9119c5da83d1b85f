// Drives the pages of the gate for `run` beside it.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import puppeteer from "puppeteer-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const models = process.argv[2];
const gate = spawn(process.env.SHOWCASE, models ? [models] : [], { stdio: ["pipe", "pipe", "inherit"] });
const first = await new Promise((found, none) => {
  createInterface({ input: gate.stdout }).once("line", found);
  gate.once("exit", (code) => none(new Error(`the gate ended: ${code}`)));
});
const { address, tokens } = JSON.parse(first);
const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const faults = [];

// Who looks at what. A page may be opened in full by the selector of what is to be unfolded.
const pages = [
  [null, "login", "/login"],
  ["bob", "inbox-approver", "/"],
  ["ada", "inbox-engineer", "/"],
  ["max", "inbox-manager", "/"],
  ["visitor", "inbox-visitor", "/"],
  ["bob", "model-waiting", "/models/openlab/vision-small"],
  ["ada", "model-rejected", "/models/someone/fast-summarizer"],
  ["ada", "view", "/models/someone/mixed-weights"],
  ["ada", "view-base", "base of /models/someone/mixed-weights"],
  ["ada", "view-new", "new view of /models/someone/fast-summarizer"],
  ["max", "model-canary", "/models/acme/sentence-encoder"],
  ["ada", "model-released", "/models/acme/sentence-encoder?revision=first"],
  ["eve", "model-suspended", "/models/acme/reranker"],
  ["max", "model-to-release", "/models/openlab/speech-base"],
  ["eve", "model-withdrawn", "/models/acme/old-tagger"],
  ["ada", "model-asked", "/models/openlab/large-chat"],
  ["ada", "model-unknown", "/models/newlab/never-seen"],
  ["ada", "models", "/models"],
  ["ada", "models-none", "/models?search=newlab/other"],
  ["ada", "datasets", "/datasets"],
  ["eve", "waivers", "/waivers"],
  ["ada", "waivers-all", "/waivers?all=true"],
  ["admin", "audit", "/audit"],
  ["admin", "overview", "/overview"],
  ["ada", "inventory", "/inventory"],
  ["ada", "inventory-none", "/inventory?state=superseded&search=nothing"],
  ["eve", "copies", "/copies"],
  ["eve", "copies-bad", "/copies?bad=yes"],
  ["admin", "timeline", "timeline of /models/acme/sentence-encoder"],
  ["ada", "compare", "compare of /models/acme/sentence-encoder"],
  ["ada", "lineage", "/models/acme/child-encoder"],
  ["admin", "policy", "/policy"],
  ["admin", "policy-new", "/policy/new"],
  ["admin", "policy-proposed", "/policy/1"],
  ["admin", "people", "/admin"],
  ["admin", "notices", "/notices"],
  ["admin", "person", "/admin/bob"],
  ["ada", "you", "/you"],
  ["ada", "error-missing", "/nothing/at/all/here"],
  ["ada", "error-forbidden", "/admin"],
];

async function signIn(context, token) {
  const page = await context.newPage();
  await page.goto(`${address}/login`);
  await page.type("#token", token);
  await Promise.all([page.waitForNavigation(), page.click("form button")]);
  if (new URL(page.url()).pathname !== "/") faults.push(`signing in ended at ${page.url()}`);
  await page.close();
}

async function address_of(page, path) {
  const of = path.match(/^(timeline|compare) of (.*)/);
  if (of) {
    await page.goto(address + of[2]);
    return page.$eval(`a[href^='/${of[1]}/']`, (link) => link.href);
  }
  const base = path.match(/^base of (.*)/);
  if (base) {
    await page.goto(address + base[1]);
    return page.$eval("#view a", (link) => link.href);
  }
  const view = path.match(/^new view of (.*)/);
  if (view) {
    await page.goto(address + view[1]);
    return page.$eval("a[href^='/views/new']", (link) => link.href);
  }
  if (!path.endsWith("revision=first")) return address + path;
  await page.goto(address + path.split("?")[0]);
  return page.$$eval("nav[aria-labelledby=revisions] a", (links) => links.at(-1).href);
}

async function look(page, name, width, scheme) {
  await page.setViewport({ width, height: width < 600 ? 844 : 900 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }]);
  const seen = `${name}, ${width} px, ${scheme}`;
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) faults.push(`${seen}: ${wide} px wider than the window`);
  const result = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  for (const violation of result.violations) {
    for (const node of violation.nodes.slice(0, 3)) {
      faults.push(`${seen}: ${violation.id}: ${node.target.join(" ")}: ${node.failureSummary.split("\n")[1]?.trim() ?? ""}`);
    }
  }
  await page.screenshot({ path: `${process.env.OUT}/${name}-${width}-${scheme}.png`, fullPage: true });
}

const contexts = new Map();
for (const [person, name, path] of pages) {
  if (!contexts.has(person)) {
    const context = await browser.createBrowserContext();
    if (person) await signIn(context, tokens[person]);
    contexts.set(person, context);
  }
  const page = await contexts.get(person).newPage();
  page.on("console", (message) => message.type() === "error" && !/status of 4\d\d/.test(message.text()) && faults.push(`${name}: ${message.text()}`));
  const response = await page.goto(await address_of(page, path));
  const expected = name === "error-missing" ? 404 : name === "error-forbidden" ? 403 : 200;
  if (response.status() !== expected) faults.push(`${name}: ${response.status()}`);
  if (await page.$("script, [style]")) faults.push(`${name}: it has a script or a style of its own`);
  // The page forbids scripts to itself; the tool is not the page.
  await page.evaluate(axe).catch((error) => faults.push(`${name}: ${error}`));
  for (const [width, scheme] of [[390, "light"], [1440, "light"], [1440, "dark"], [390, "dark"]]) await look(page, name, width, scheme);
  await page.close();
}

// By keyboard alone: the first stop is the way past the navigation.
{
  const page = await contexts.get("bob").newPage();
  await page.goto(address);
  await page.keyboard.press("Tab");
  const stop = await page.evaluate(() => document.activeElement.className);
  if (stop !== "skip") faults.push(`the first stop of the keyboard is ${stop}`);
  await page.close();
}

// The story in a browser: approve, then release.
{
  const page = await contexts.get("bob").newPage();
  await page.goto(`${address}/models/openlab/vision-small`);
  await page.type("textarea[name=comment]", "Looked at it in the browser.");
  await Promise.all([page.waitForNavigation(), page.click("form[action$=approve] button")]);
  const said = await page.$eval("[role=status]", (status) => status.textContent).catch(() => "nothing");
  if (!said.includes("recorded")) faults.push(`approving said: ${said}`);
  await page.close();
  const manager = await contexts.get("max").newPage();
  await manager.goto(`${address}/models/openlab/vision-small`);
  await Promise.all([manager.waitForNavigation(), manager.click("form[action$=promote] button")]);
  const title = await manager.$eval("h1 .title", (title) => title.textContent).catch(() => "nothing");
  if (title !== "You may use it") faults.push(`after the release the page says: ${title}`);
  await manager.close();
}

// Policies: what is wrong is told, what would change is listed, and a proposal is tried where it stands.
{
  const page = await contexts.get("admin").newPage();
  const press = (value) => Promise.all([page.waitForNavigation(), page.click(`button[value=${value}]`)]);
  const all = async (name) => {
    await page.evaluate(axe);
    for (const [width, scheme] of [[390, "light"], [1440, "light"], [1440, "dark"], [390, "dark"]]) await look(page, name, width, scheme);
  };
  await page.goto(`${address}/policy/new`);
  await page.type("#text", 'permit (principal, action == Weighhouse::Action::"fly", resource);');
  await press("check");
  await all("policy-wrong");
  await page.goto(`${address}/policy/new`);
  await page.type("#text", '@id("no-tensors") @message("nothing with tensors here") @outcome("deny")\nforbid (principal, action == Weighhouse::Action::"release", resource) when { resource.formats.contains("safetensors") };');
  await press("dry-run");
  await all("policy-tried");
  const told = await page.$$eval("#trial ~ .lines .line", (lines) => lines.length);
  if (told < 3) faults.push(`a dry run lists ${told} decisions`);
  await page.close();
}

// A token is shown once.
{
  const page = await contexts.get("ada").newPage();
  await page.goto(`${address}/you`);
  await page.type("#label", "laptop");
  await Promise.all([page.waitForNavigation(), page.click("form[action='/you/tokens'] button")]);
  await page.evaluate(axe);
  for (const [width, scheme] of [[390, "light"], [1440, "dark"]]) await look(page, "secret", width, scheme);
  await page.close();
}

if (models) {
  const page = await contexts.get("admin").newPage();
  const cookie = (await page.cookies(address)).map(({ name, value }) => `${name}=${value}`).join("; ");
  for (const path of ["/", "/models", "/models?search=model-99", "/models?after=team50", "/models/team5/model-5", "/waivers", "/audit", "/notices", "/admin", "/you", "/overview", "/inventory", "/inventory?state=released&flag=stale", "/inventory?stage=production&state=suspended", "/copies", "/policy"]) {
    const times = [];
    for (let round = 0; round < 12; round += 1) {
      const begin = performance.now();
      await (await fetch(address + path, { headers: { cookie } })).text();
      times.push(performance.now() - begin);
    }
    times.sort((a, b) => a - b);
    console.log(`${path}: ${times[6].toFixed(1)} ms, slowest ${times[11].toFixed(1)} ms`);
    if (times[6] > 100) faults.push(`${path}: ${times[6].toFixed(0)} ms`);
  }
}

await browser.close();
gate.stdin.end();
console.log([...new Set(faults)].join("\n") || `${pages.length} pages, no faults`);
process.exitCode = faults.length ? 1 : 0;
