"use strict"
const root = document.documentElement
const one = (selector, within = document) => within.querySelector(selector)
const all = (selector, within = document) => [...within.querySelectorAll(selector)]
const page = { reveal() {}, unfiltered: () => false } // the index adds its filters

// light and dark
{
  const theme = one("#theme"), system = matchMedia("(prefers-color-scheme: dark)")
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches)
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; theme.setAttribute("aria-label", `Use the ${dark() ? "light" : "dark"} theme`) }
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark"
    try { localStorage.setItem("theme", root.dataset.theme) } catch {} // storage may be forbidden: the choice then lasts for this page
    name()
  })
  system.addEventListener("change", name)
  name()
  theme.hidden = false
}

// a link to a part of the page: what hides it is opened, and it is scrolled to until what is drawn late no longer moves it
const anchor = () => { try { return decodeURIComponent(location.hash.slice(1)) } catch { return location.hash.slice(1) } }
let journey = 0
const arrive = () => {
  const target = document.getElementById(anchor())
  if (!target || page.unfiltered()) return
  page.reveal(target)
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true
  target.focus({ preventScroll: true })
  const mine = ++journey
  let still = 0, place = NaN
  const settle = () => {
    if (mine !== journey) return
    const top = target.getBoundingClientRect().top
    still = Math.abs(top - place) < 1 ? still + 1 : 0
    if (still > 5) return
    target.scrollIntoView({ behavior: "instant", block: "start" })
    place = target.getBoundingClientRect().top
    requestAnimationFrame(settle)
  }
  settle()
}
for (const event of ["wheel", "touchmove", "keydown", "pointerdown"]) addEventListener(event, () => { journey++ }, { passive: true })
addEventListener("hashchange", arrive)
document.addEventListener("click", event => {
  if (event.target.closest?.("a")?.getAttribute("href") === location.hash) arrive() // followed again
})

// what scrolls sideways can be reached with the keyboard; cards that are not drawn yet wait until they are
const reach = ({ target }) => {
  if (!target.firstElementChild?.checkVisibility({ contentVisibilityAuto: true })) return
  for (const box of all(".formula, .scroll, .part, pre", target)) box.scrollWidth > box.clientWidth ? box.tabIndex = 0 : box.removeAttribute("tabindex")
}
const sizes = new ResizeObserver(entries => entries.forEach(reach))
for (const part of [...all("main section:not([aria-labelledby=claims])"), ...all(".card")]) {
  sizes.observe(part)
  part.addEventListener("contentvisibilityautostatechange", reach)
}

// LaTeX to copy
for (const button of all(".copy")) {
  button.hidden = false
  button.addEventListener("click", async () => {
    const code = one("code", button.parentElement)
    getSelection().selectAllChildren(code)
    try { await navigator.clipboard.writeText(code.textContent); button.textContent = "Copied" }
    catch { button.textContent = document.execCommand("copy") ? "Copied" : "Selected" }
  })
}

// a plot as a file: what the page's styles say of it is written into it, in the colours for paper, and its legend below
const paper = name => getComputedStyle(root).getPropertyValue(name).replace(/light-dark\(([^,]+),.*\)/, "$1").trim()
const asFile = figure => {
  const drawn = one("svg.plot", figure).cloneNode(true), [left, top, width, height] = drawn.getAttribute("viewBox").split(" ").map(Number)
  const keys = all(".key", figure)
  const made = (name, attributes, parent) => {
    const node = parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", name))
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value)
    return node
  }
  keys.forEach((key, row) => {
    const place = made("g", { transform: `translate(40 ${height + 14 * row})`, style: key.firstElementChild.getAttribute("style") }, drawn)
    const sign = made("g", { fill: "none", stroke: "currentColor", "stroke-width": 1.5 }, place)
    for (const part of key.firstElementChild.children) sign.append(part.cloneNode(true))
    sign.firstElementChild.setAttribute("stroke-dasharray", getComputedStyle(one("path", key)).strokeDasharray)
    made("text", { x: 38, y: 8.5, "font-size": 9.6, fill: paper("--ink") }, place).textContent = key.textContent.trim()
  })
  for (const name of ["class", "aria-hidden", "focusable"]) drawn.removeAttribute(name)
  const whole = height + 14 * keys.length + (keys.length ? 4 : 0)
  const page = { viewBox: `${left} ${top} ${width} ${whole}`, width: `${width}pt`, height: `${whole}pt` }
  page.style = `color: ${paper("--ink")}; font-family: sans-serif; stroke-linejoin: round`
  for (const [name, value] of Object.entries(page)) drawn.setAttribute(name, value)
  return new XMLSerializer().serializeToString(drawn).replace(/var\((--[\w-]+)\)/g, (_, name) => paper(name))
}
for (const button of all(".save")) {
  button.hidden = false
  button.addEventListener("click", () => {
    const link = document.createElement("a")
    link.href = URL.createObjectURL(new Blob([asFile(button.closest("figure"))], { type: "image/svg+xml" }))
    link.download = button.dataset.name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60000)
  })
}

const fold = open => { for (const part of all(".card details:not(.latex)")) part.open = open }
addEventListener("beforeprint", () => fold(true))
