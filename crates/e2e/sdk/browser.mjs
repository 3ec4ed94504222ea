// Opens a page in headless Chromium that loads analytics.js from the server and makes calls:
// node browser.mjs <host> <writeKey>
import { createServer } from 'node:http'
import { chromium } from 'playwright-core'

const [host, writeKey] = process.argv.slice(2)
const page_html = `<!doctype html><title>Shop – Größe</title><script>
  // The documented snippet's stub: calls wait until the script is there.
  var analytics = window.analytics = [];
  analytics._writeKey = ${JSON.stringify(writeKey)};
  analytics._cdn = ${JSON.stringify(host)};
  analytics.methods = ['track', 'page', 'identify', 'group', 'alias', 'screen', 'ready', 'on'];
  analytics.methods.forEach(function (method) {
    analytics[method] = function () {
      analytics.push([method].concat(Array.prototype.slice.call(arguments)));
      return analytics;
    };
  });
  analytics.load = function () {
    var script = document.createElement('script');
    script.async = true;
    script.src = ${JSON.stringify(`${host}/analytics.js/v1/${writeKey}/analytics.min.js`)};
    document.head.appendChild(script);
  };
  analytics.load();
  analytics.page('Docs', 'Index');
  analytics.identify('browser-user', { email: 'ann@example.com', plan: null });
  analytics.group('browser-group', { employees: 420 });
  for (var n = 0; n < 20; n++) analytics.track('Product Viewed', { n: n, price: 18.99, name: '«é» 漢字 🎈' });
  analytics.alias('browser-user-2');
</script>`
// Another origin than the server's, as in life: every call is a cross-origin one.
const site = createServer((_, answer) => answer.setHeader('content-type', 'text/html; charset=utf-8').end(page_html))
await new Promise((ready) => site.listen(0, '127.0.0.1', ready))
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
})
try {
  const page = await browser.newPage()
  const problems = []
  page.on('console', (line) => line.type() === 'error' && problems.push(line.text()))
  page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`))
  let answered = 0
  page.on('response', (answer) => {
    if (answer.request().method() !== 'POST') return
    if (answer.status() !== 200) problems.push(`${answer.url()}: ${answer.status()}`)
    else answered++
  })
  await page.goto(`http://127.0.0.1:${site.address().port}/?utm_campaign=spring&utm_source=mail`)
  const limit = Date.now() + 30000
  while (answered < 24 && Date.now() < limit) await page.waitForTimeout(50)
  const ours = problems.filter((problem) => !problem.includes('favicon'))
  if (answered < 24 || ours.length) throw new Error(`${answered} of 24 calls answered; ${ours.join('; ')}`)
} finally {
  await browser.close()
  site.close()
}
