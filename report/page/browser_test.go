package page

import (
	"fmt"
	"io"
	"testing"
	"time"

	"proxyaddr/conflicts"
)

// filter sets a field of the form and filters by it.
func filter(b *browser, field, value string) {
	b.tb.Helper()
	b.eval(fmt.Sprintf(`form = document.getElementById('filter'); form[%q].value = %q; form.dispatchEvent(new Event('submit', {cancelable: true}))`, field, value))
}

// input is filter as somebody types: it waits until the script has seen it.
func input(b *browser, field, value string) {
	b.tb.Helper()
	b.eval(fmt.Sprintf(`new Promise(done => {
		const form = document.getElementById('filter');
		new MutationObserver((_, o) => { o.disconnect(); done(''); }).observe(form.querySelector('output'), {childList: true, characterData: true, subtree: true});
		form[%q].value = %q;
		form[%[1]q].dispatchEvent(new Event('input', {bubbles: true}));
	})`, field, value))
}

const shown = `[...document.querySelectorAll('[data-level]')].filter(e => e.offsetParent !== null).map(e => e.dataset.address || e.cells[0].textContent).join(' ')`

func TestScriptFiltersAndSorts(t *testing.T) {
	b := newBrowser(t)
	b.open(written(t, Report{Audit: company(), Fixes: []string{"fix-corp.example.ldif"}}), true)
	b.quiet()
	b.want("6 conflicts shown", `document.querySelector('#filter output').value`)
	input(b, "find", "jose ALVAREZ")
	b.want("josé@corp.example", shown)
	b.want("1 of 6 conflicts shown", `document.querySelector('#filter output').value`)
	b.want("1", `[...document.querySelectorAll('#cards h3')].filter(e => e.offsetParent !== null).length`)
	filter(b, "find", "nobody of this name")
	b.want("", shown)
	filter(b, "find", "")
	filter(b, "show", "high")
	b.want("carola.lindqvist@corp.example", shown)
	filter(b, "show", "manual")
	b.want("help@corp.example 4711;phone-context=corp.example", shown)
	filter(b, "class", "non-smtp")
	b.want("4711;phone-context=corp.example", shown)
	filter(b, "show", "")
	filter(b, "class", "")
	const order = `[...document.querySelectorAll('#cards article')].map(e => e.dataset.address.slice(0, 4)).join(' ')`
	byRisk := b.eval(order)
	filter(b, "sort", "address")
	b.want("4711 caro help jobs josé s.be", order)
	b.want("0", `[...document.querySelectorAll('#cards h3')].filter(e => e.offsetParent !== null).length`)
	filter(b, "sort", "")
	b.want(byRisk, order)
}

// Without scripts all is there, and nothing that does not work.
func TestPageIsWholeWithoutScripts(t *testing.T) {
	b := newBrowser(t)
	page := written(t, Report{Audit: company(), Fixes: []string{"fix-corp.example.ldif"}})
	const text = `document.querySelector('main').textContent.length`
	b.open(page, true)
	with := b.eval(text + ` - document.querySelector('#filter output').value.length`)
	b.open(page, false)
	b.quiet()
	b.want(with, text)
	b.want("6", `document.querySelectorAll('article').length`)
	b.want("none", `getComputedStyle(document.getElementById('filter')).display`)
	b.want("true", `(d => { d.open = true; return d.querySelector('.evidence').getBoundingClientRect().height > 50; })(document.querySelector('details'))`)
}

func TestHostileStringsDoNothing(t *testing.T) {
	b := newBrowser(t)
	for _, scripts := range []bool{true, false} {
		b.open(written(t, Report{Audit: hostile(), Fixes: []string{"fix-corp.example.ldif"}}), scripts)
		b.quiet()
		b.want("1", `document.scripts.length`)
		b.want("1", `document.querySelectorAll('style').length`)
		b.want("0", `document.querySelectorAll('img, iframe, object, embed, link, base, [style], [src]').length`)
		b.want("0", `[...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length`)
		b.want("0", `[...document.querySelectorAll('[href]')].filter(e => !e.getAttribute('href').startsWith('#')).length`)
		b.want("2", `document.querySelectorAll('tr[data-level]').length`)
		b.want("true", `document.title.length > 0 && document.querySelectorAll('main section').length > 3`)
	}
}

// The page can be read by those who cannot see it or cannot tell colors apart.
func TestLandmarksAndNames(t *testing.T) {
	b := newBrowser(t)
	a := company()
	a.Remembered = &conflicts.Remembered{Run: 30, LastComplete: month()[0].Time}
	b.open(written(t, Report{Audit: a, Fixes: []string{"fix-corp.example.ldif"}, Runs: month()}), true)
	b.want("1 1 1 1", `['header', 'nav', 'main', 'footer'].map(s => document.querySelectorAll('body > ' + s + ', body > div > ' + s).length).join(' ')`)
	b.want("1", `document.querySelectorAll('h1').length`)
	b.want("", `[...document.querySelectorAll('[aria-labelledby]')].filter(e => !document.getElementById(e.getAttribute('aria-labelledby'))).map(e => e.id).join(' ')`)
	b.want("0", `[...document.querySelectorAll('input, select')].filter(e => !e.closest('label')).length`)
	b.want("0", `[...document.querySelectorAll('svg')].filter(e => !e.closest('[aria-hidden], [role=img]')).length`)
	b.want("0", `[...document.querySelectorAll('article')].filter(e => !/risk|No change/.test(e.querySelector('.tag').textContent)).length`)
	b.want("0", `[...document.querySelectorAll('svg text')].filter(e => e.getBBox().width === 0).length`)
	b.want("false", `document.documentElement.scrollWidth > innerWidth`)
	b.ask("Emulation.setDeviceMetricsOverride", map[string]any{"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true}, nil)
	b.want("false", `document.documentElement.scrollWidth > innerWidth`)
}

// What is printed has the evidence too, in light colors and nothing smaller than 7 points.
func TestPrintOpensEverything(t *testing.T) {
	b := newBrowser(t)
	b.open(written(t, Report{Audit: company(), Fixes: []string{"fix-corp.example.ldif"}}), false)
	b.ask("Emulation.setEmulatedMedia", map[string]any{"media": "print", "features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	b.want("rgb(255, 255, 255)", `getComputedStyle(document.querySelector('.card')).backgroundColor`)
	b.want("0", `[...document.querySelectorAll('.evidence')].filter(e => !e.checkVisibility() || e.getBoundingClientRect().height === 0).length`)
	b.want("", `[...document.querySelectorAll('main *, header *')].filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && parseFloat(getComputedStyle(e).fontSize) * .75 < 6.99).map(e => e.className + ' ' + e.tagName).join()`)
}

// BenchmarkOpen measures how long Chromium takes to show 10,000 conflicts.
func BenchmarkOpen(b *testing.B) {
	browser := newBrowser(b)
	page := written(b, Report{Audit: many(10_000)})
	for b.Loop() {
		start := time.Now()
		browser.open(page, true)
		browser.eval(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(''))))`)
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms/open")
	}
	b.ReportMetric(float64(len(page)), "bytes")
}

// BenchmarkWrite measures the writing of a page that names the workbook for most conflicts.
func BenchmarkWrite(b *testing.B) {
	a := many(100_000)
	for b.Loop() {
		if err := Write(io.Discard, Report{Audit: a}); err != nil {
			b.Fatal(err)
		}
	}
}
