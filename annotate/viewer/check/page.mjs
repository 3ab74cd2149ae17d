// What the scripts of this folder share: a browser on the page, what an annotator does with it, and label maps.
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** The value of a flag of the command line. */
export const arg = (name, otherwise) => { const i = process.argv.indexOf('--' + name); return i < 0 ? otherwise : process.argv[i + 1] }

/** Labels of a NIfTI file: {dim, data}. */
export function nifti(file) {
  let bytes = fs.readFileSync(file)
  if (bytes[0] === 0x1f) bytes = zlib.gunzipSync(bytes)
  const dim = [42, 44, 46].map(at => bytes.readInt16LE(at)), type = bytes.readInt16LE(70), at = bytes.readFloatLE(108)
  const n = dim[0] * dim[1] * dim[2]
  const value = { 2: i => bytes[at + i], 4: i => bytes.readInt16LE(at + 2 * i), 512: i => bytes.readUInt16LE(at + 2 * i), 8: i => bytes.readInt32LE(at + 4 * i) }[type]
  return { dim, file, data: Array.from({ length: n }, (_, i) => value(i)) }
}

export const slice = (map, s) => map.data.slice(s * map.dim[0] * map.dim[1], (s + 1) * map.dim[0] * map.dim[1])

/** The slices on which two label maps differ. */
export const differ = (a, b) => Array.from({ length: a.dim[2] }, (_, s) => s).filter(s => String(slice(a, s)) !== String(slice(b, s)))

/** How well two masks agree: 1 is the same. */
export function dice(a, b) {
  let both = 0, sum = 0
  for (let i = 0; i < a.length; i++) { both += a[i] && b[i] ? 1 : 0; sum += (a[i] ? 1 : 0) + (b[i] ? 1 : 0) }
  return 2 * both / sum
}

/** The border of a label on a slice, as an annotator would draw it: the farthest pixel in each direction. */
export function border(pix, w, l) {
  const inside = [...pix.keys()].filter(i => pix[i] === l).map(i => [i % w, Math.floor(i / w)])
  const center = [0, 1].map(k => inside.reduce((sum, p) => sum + p[k], 0) / inside.length), [cx, cy] = center
  const far = []
  for (const [x, y] of inside) {
    const k = Math.floor((Math.atan2(y - cy, x - cx) / Math.PI + 1) * 24) % 48, r = Math.hypot(x - cx, y - cy)
    if (!far[k] || far[k][2] < r) far[k] = [x, y, r]
  }
  return { points: far.filter(Boolean).map(([x, y]) => [x + 0.3 * Math.sign(x - cx), y + 0.3 * Math.sign(y - cy)]), center }
}

/** Opens a browser of a given size on the page. Needs playwright-core from npm in the folder that it is run in. */
export async function start(url, width = 1280, height = 720) {
  const playwright = await import(pathToFileURL(createRequire(path.join(process.cwd(), 'x.js')).resolve('playwright-core')).href)
  const { chromium } = playwright.default ?? playwright
  const browser = await chromium.launch({
    executablePath: arg('chromium', '/usr/bin/chromium'),
    args: ['--headless', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--enable-unsafe-swiftshader', '--disable-dev-shm-usage'],
  })
  const context = await browser.newContext({ viewport: { width, height }, acceptDownloads: true })
  return new Annotator(browser, await context.newPage(), url)
}

/** Somebody at the page. */
class Annotator {
  constructor(browser, page, url) {
    Object.assign(this, { browser, page, url })
    this.errors = [] // that the page reports
    this.outside = [] // requests to anywhere but the server
    page.on('pageerror', e => this.errors.push(e.message))
    page.on('console', m => { if (m.type() === 'error') this.errors.push(m.text()) })
    page.on('request', r => { const u = new URL(r.url()); if (/^(http|ws)s?:$/.test(u.protocol) && u.host !== new URL(url).host) this.outside.push(r.url()) })
  }

  at(id) { return this.page.locator(`[data-testid=${id}]`) }

  /** Waits until the status line fits, and returns it. */
  async status(pattern, ms = 60000) {
    await this.page.waitForFunction(s => new RegExp(s).test(document.querySelector('[data-testid=status]').textContent), pattern, { timeout: ms })
    return this.at('status').textContent()
  }

  async saved() {
    await this.page.waitForTimeout(100)
    await this.page.waitForFunction(() => document.getElementById('save').textContent === 'saved')
  }

  key(name) { return this.page.keyboard.press(name) }

  async open(file) {
    await this.page.goto(this.url)
    await this.status('open a volume')
    await this.at('open').setInputFiles(file)
    return this.status('^(ready|error)')
  }

  async download(file) {
    const [d] = await Promise.all([this.page.waitForEvent('download'), this.at('download').click()])
    await d.saveAs(file)
    return nifti(file)
  }

  async goto(s) {
    await this.key('Home')
    for (let i = 0; i < s; i++) await this.key('ArrowUp')
    await this.page.waitForFunction(s => document.querySelector('[data-testid=location]').textContent.startsWith(`slice ${s} `), s)
  }

  /** Drags the mouse through pixels of the slice. */
  async drag(points) {
    const places = await this.page.evaluate(points => points.map(([x, y]) => stage.place(x, y)), points)
    await this.page.mouse.move(...places[0])
    await this.page.mouse.down()
    for (const p of places) await this.page.mouse.move(...p)
    await this.page.mouse.up()
    await this.saved()
  }

  /** Presses Propagate and returns how that ended. */
  async propagate(ms) {
    await this.at('propagate').click()
    await this.page.waitForFunction(() => /^propagating|^error/.test(document.querySelector('[data-testid=status]').textContent))
    return this.status('^(done|error)', ms)
  }

  async picture(file) {
    await this.page.waitForTimeout(300)
    await this.page.screenshot({ path: file })
  }
}
