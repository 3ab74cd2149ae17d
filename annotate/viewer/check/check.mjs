// Checks the page in Chromium as an annotator uses it, and compares what comes out with slmsam propagate, voxel by
// voxel: outline a structure with the mouse, propagate, correct a slice, propagate again, undo, reload, download.
//
//   node check.mjs --url URL --slmsam BINARY --demo FOLDER --out FOLDER [--chromium PATH]
//
// FOLDER of --demo is what slmsam demo wrote. Needs playwright-core from npm in the folder that it is run in.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const arg = (name, otherwise) => { const i = process.argv.indexOf('--' + name); return i < 0 ? otherwise : process.argv[i + 1] }
const url = arg('url'), slmsam = arg('slmsam'), demo = arg('demo'), out = arg('out', '.')
const label = Number(arg('label', '2')), patience = 1000 * Number(arg('timeout', '240'))
const playwright = await import(pathToFileURL(createRequire(path.join(process.cwd(), 'x.js')).resolve('playwright-core')).href)
const { chromium } = playwright.default ?? playwright

let failed = 0
function ok(name, good, detail = '') {
  if (!good) failed++
  console.log(`${good ? 'PASS' : 'FAIL'} ${name}${detail === '' ? '' : `  (${detail})`}`)
}

/** Labels of a NIfTI file: {dim, data}. */
function nifti(bytes) {
  if (bytes[0] === 0x1f) bytes = zlib.gunzipSync(bytes)
  const dim = [42, 44, 46].map(at => bytes.readInt16LE(at)), type = bytes.readInt16LE(70), at = bytes.readFloatLE(108)
  const n = dim[0] * dim[1] * dim[2]
  const value = { 2: i => bytes[at + i], 4: i => bytes.readInt16LE(at + 2 * i), 512: i => bytes.readUInt16LE(at + 2 * i), 8: i => bytes.readInt32LE(at + 4 * i) }[type]
  return { dim, data: Array.from({ length: n }, (_, i) => value(i)) }
}
const slice = (map, s) => map.data.slice(s * map.dim[0] * map.dim[1], (s + 1) * map.dim[0] * map.dim[1])
const differ = (a, b) => Array.from({ length: a.dim[2] }, (_, s) => s).filter(s => String(slice(a, s)) !== String(slice(b, s)))
const count = (pix, l) => pix.reduce((n, x) => n + (x === l), 0)

fs.mkdirSync(out, { recursive: true })
const browser = await chromium.launch({
  executablePath: arg('chromium', '/usr/bin/chromium'),
  args: ['--headless', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--enable-unsafe-swiftshader', '--disable-dev-shm-usage'],
})
const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, acceptDownloads: true })
const page = await context.newPage()
const errors = [], outside = []
page.on('pageerror', e => errors.push(e.message))
page.on('console', m => { if (m.type() === 'error') errors.push(m.text()) })
page.on('request', r => { const u = new URL(r.url()); if (/^(http|ws)s?:$/.test(u.protocol) && u.host !== new URL(url).host) outside.push(r.url()) })

const at = id => page.locator(`[data-testid=${id}]`)
const status = async (pattern, ms = 60000) => {
  await page.waitForFunction(s => new RegExp(s).test(document.querySelector('[data-testid=status]').textContent), pattern, { timeout: ms })
  return at('status').textContent()
}
const saved = () => page.waitForFunction(() => document.getElementById('save').textContent === 'saved')
async function download(name) {
  const [d] = await Promise.all([page.waitForEvent('download'), at('download').click()])
  const file = path.join(out, name)
  await d.saveAs(file)
  return Object.assign(nifti(fs.readFileSync(file)), { file })
}
async function goto(s) {
  await page.keyboard.press('Home')
  for (let i = 0; i < s; i++) await page.keyboard.press('ArrowUp')
  await page.waitForFunction(s => document.querySelector('[data-testid=location]').textContent.startsWith(`slice ${s} `), s)
}
/** Drags the mouse through pixels of the slice. */
async function drag(points) {
  const places = await page.evaluate(points => points.map(([x, y]) => stage.place(x, y)), points)
  await page.mouse.move(...places[0])
  await page.mouse.down()
  for (const p of places) await page.mouse.move(...p)
  await page.mouse.up()
  await page.waitForTimeout(100)
  await saved()
}
const command = (...args) => execFileSync(slmsam, ['propagate', path.join(demo, 'image.nii.gz'), '--quiet', ...args], { stdio: ['ignore', 'ignore', 'inherit'] })

/** The border of a label on a slice, as an annotator would draw it: the farthest pixel in each direction. */
function border(pix, w, l) {
  const inside = [...pix.keys()].filter(i => pix[i] === l).map(i => [i % w, Math.floor(i / w)])
  const [cx, cy] = [0, 1].map(k => inside.reduce((sum, p) => sum + p[k], 0) / inside.length)
  const far = []
  for (const [x, y] of inside) {
    const k = Math.floor((Math.atan2(y - cy, x - cx) / Math.PI + 1) * 24) % 48, r = Math.hypot(x - cx, y - cy)
    if (!far[k] || far[k][2] < r) far[k] = [x, y, r]
  }
  return { points: far.filter(Boolean).map(([x, y]) => [x + 0.3 * Math.sign(x - cx), y + 0.3 * Math.sign(y - cy)]), center: [cx, cy] }
}

try {
  await page.goto(url)
  await status('open a volume')
  ok('the first screen says what to do', (await page.locator('#start').innerText()).includes('Draw around'))
  await page.screenshot({ path: path.join(out, 'start.png') })
  await at('open').setInputFiles(path.join(demo, 'image.nii.gz'))
  ok('open', (await status('^(ready|error)')).startsWith('ready'))
  const unnamed = await page.evaluate(() => [...document.querySelectorAll('button, input, select, canvas, [role=slider]')]
    .filter(e => !(e.ariaLabel || e.title || e.textContent.trim() || e.labels?.length || e.closest('[aria-hidden=true]') || e.parentElement.ariaLabel)).map(e => e.id))
  ok('every control has a name', unnamed.length === 0, unnamed)

  const prompt = nifti(fs.readFileSync(path.join(demo, 'prompt.nii.gz'))), w = prompt.dim[0]
  const s0 = [...Array(prompt.dim[2]).keys()].find(s => slice(prompt, s).includes(label))
  await goto(s0)
  const shape = border(slice(prompt, s0), w, label)
  await at('paint').click()
  await drag(shape.points)
  await page.screenshot({ path: path.join(out, 'outlined.png') })
  const outline = await download('outline.nii.gz')
  const drawn = slice(outline, s0), meant = slice(prompt, s0).map(l => l === label ? 1 : 0)
  const both = drawn.reduce((n, x, i) => n + (x && meant[i]), 0), dice = 2 * both / (count(drawn, 1) + count(meant, 1))
  ok('the outline is where it was drawn', dice > 0.9, `Dice with what was meant ${dice.toFixed(3)}`)
  ok('on one slice only', differ(outline, { dim: outline.dim, data: outline.data.map(() => 0) }).join() === String(s0))

  await page.keyboard.press('Enter')
  ok('propagate', (await status('^(done|error)', patience)).startsWith('done'))
  await page.screenshot({ path: path.join(out, 'propagated.png') })
  const first = await download('first.nii.gz')
  ok('found on other slices', differ(first, outline).length > 5, differ(first, outline).join(' '))
  command('--mask', outline.file, '-o', path.join(out, 'command1.nii.gz'), '--force')
  const command1 = nifti(fs.readFileSync(path.join(out, 'command1.nii.gz')))
  ok('equal to the command, voxel by voxel', differ(first, command1).length === 0, differ(first, command1).join(' '))

  await goto(s0)
  await page.keyboard.press('q')
  ok('a tool that the model cannot follow says why', (await at('status').textContent()).includes('was not trained with click prompts'))
  await page.keyboard.press('w')
  const xs = shape.points.map(p => p[0]), ys = shape.points.map(p => p[1])
  await drag([[Math.min(...xs) - 1, Math.min(...ys) - 1], [Math.max(...xs) + 1, Math.max(...ys) + 1]])
  await status('^(look at|the model finds|error)')
  await saved()
  const boxed = slice(await download('boxed.nii.gz'), s0), inBoth = boxed.reduce((n, x, i) => n + (x && meant[i]), 0)
  const boxDice = 2 * inBoth / (count(boxed, 1) + count(meant, 1))
  ok('a box is outlined by the model', boxDice > 0.7, `Dice with what was meant ${boxDice.toFixed(3)}`)
  await page.keyboard.press('Control+z')
  await page.waitForTimeout(100)
  await saved()

  const s1 = s0 + 6
  await goto(s1)
  await page.keyboard.press('e')
  await drag([shape.center, [shape.center[0] + 3, shape.center[1] + 2]])
  const corrected = await download('corrected.nii.gz')
  ok('a correction changes its slice', differ(corrected, first).join() === String(s1), differ(corrected, first).join(' '))
  await at('propagate').click()
  await page.waitForTimeout(100)
  ok('propagate again', (await status('^(done|error)', patience)).startsWith('done'))
  const second = await download('second.nii.gz'), changed = differ(second, corrected)
  ok('only the gap changes', changed.every(s => s > s0 && s !== s1), changed.join(' '))
  command('--mask', corrected.file, '--earlier', path.join(out, 'command1.nii.gz'), '-o', path.join(out, 'command2.nii.gz'), '--force')
  const command2 = nifti(fs.readFileSync(path.join(out, 'command2.nii.gz')))
  ok('equal to the corrected command, voxel by voxel', differ(second, command2).length === 0, differ(second, command2).join(' '))

  await at('undo').click()
  await page.waitForTimeout(100)
  await saved()
  ok('undo takes the propagation back', differ(await download('undone.nii.gz'), corrected).length === 0)
  await page.keyboard.press('Control+Shift+Z')
  await page.waitForTimeout(100)
  await saved()
  ok('redo brings it again', differ(await download('redone.nii.gz'), second).length === 0)

  await page.reload()
  ok('reload opens the volume again', (await status('^(ready|error)')).startsWith('ready'))
  ok('nothing is lost', differ(await download('reloaded.nii.gz'), second).length === 0)
  await at('undo').click()
  await page.waitForTimeout(100)
  await saved()
  ok('undo reaches back beyond the reload', differ(await download('undone2.nii.gz'), corrected).length === 0)
  await page.keyboard.press('Control+y')
  await saved()

  await page.keyboard.press('?')
  ok('? shows the keys', await page.locator('#keys').isVisible())
  await page.keyboard.press('Escape')
  await page.keyboard.press('x')
  await saved()
  await page.waitForTimeout(200)
  ok('marked as not here', (await page.locator('#here').innerText()).includes('marked as not here'))
  await page.keyboard.press('Control+z')
  await page.waitForTimeout(200)
  await page.locator('#review').click()
  ok('reviewed', (await status('^(saved as reviewed|error)')).startsWith('saved'))
} catch (err) {
  ok('all steps', false, err.message.split('\n')[0])
  await page.screenshot({ path: path.join(out, 'failed.png') }).catch(() => {})
}
ok('no error in the page', errors.length === 0, errors.slice(0, 3).join(' | '))
ok('no request left the server', outside.length === 0, outside.slice(0, 3).join(' '))
await browser.close()
process.exit(failed ? 1 : 0)
