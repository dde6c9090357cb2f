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

const fold = open => { for (const part of all(".card details:not(.latex)")) part.open = open }
addEventListener("beforeprint", () => fold(true))
