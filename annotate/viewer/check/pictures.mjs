// Makes the pictures of docs/serve.md, on the made-up volume that slmsam demo wrote; with --large one of a 4K screen, too.
//
//   node pictures.mjs --url URL --demo FOLDER --out FOLDER [--large] [--chromium PATH]
import fs from 'node:fs'
import path from 'node:path'
import { arg, border, nifti, slice, start } from './page.mjs'

const out = arg('out', '.'), demo = arg('demo')
fs.mkdirSync(out, { recursive: true })
const file = name => path.join(out, name)
const prompt = nifti(path.join(demo, 'prompt.nii.gz')), names = { 1: 'liver', 2: 'kidney', 3: 'vessel' }

const me = await start(arg('url')), { page } = me
await page.goto(me.url)
await me.status('open a volume')
await me.picture(file('serve-start.png'))
await me.open(path.join(demo, 'image.nii.gz'))
for (const label of [1, 2, 3]) {
  const s = Array.from({ length: prompt.dim[2] }, (_, s) => s).find(s => slice(prompt, s).includes(label))
  if (label > 1) {
    await me.key('a')
    await me.saved()
    await page.waitForTimeout(200)
  }
  await me.goto(s)
  await me.drag(border(slice(prompt, s), prompt.dim[0], label).points)
  const name = page.locator(`input[aria-label="Name of object ${label}"]`)
  await name.fill(names[label])
  await name.press('Enter')
  await me.saved()
}
await me.propagate(240000)
await page.keyboard.press('1')
await me.goto(21)
await me.picture(file('serve.png'))
await me.key('t')
await page.waitForTimeout(700)
await me.picture(file('serve-planes.png'))
if (process.argv.includes('--large')) {
  await page.setViewportSize({ width: 3840, height: 2160 })
  await me.key('s')
  await page.waitForTimeout(1500)
  await me.picture(file('large.png'))
}
console.log(me.errors.length ? `FAIL ${me.errors.join(' | ')}` : 'PASS pictures')
await me.browser.close()
process.exit(me.errors.length ? 1 : 0)
