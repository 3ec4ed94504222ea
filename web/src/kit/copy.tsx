import { useState } from 'react'
import css from './copy.module.css'

/** Copies a text; says so for a moment. */
export function Copy({
  text,
  label = 'Copy',
  what,
}: {
  text: string
  label?: string /** For screen readers: "Copy write key" */
  what?: string
}) {
  const [copied, setCopied] = useState(false)
  return (
    <button
      type="button"
      className={css.copy}
      aria-label={what && !copied ? `${label} ${what}` : undefined}
      onClick={async () => {
        await navigator.clipboard.writeText(text)
        setCopied(true)
        setTimeout(() => setCopied(false), 1500)
      }}
    >
      <span aria-live="polite">{copied ? 'Copied' : label}</span>
    </button>
  )
}

/** `src_4kT0…9aQ1`: an id, shortened in the middle, whole on hover, with its copy button. */
export function Id({ value, what, whole }: { value: string; what: string; whole?: boolean }) {
  const short = whole || value.length <= 16 ? value : `${value.slice(0, 8)}…${value.slice(-4)}`
  return (
    <span className={css.value}>
      <code title={value}>{short}</code>
      <Copy text={value} what={what} />
    </span>
  )
}

/** Code to be copied, as it stands. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div className={css.block}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it. */}
      <pre tabIndex={0} aria-label={label} role="region">
        {text}
      </pre>
      <Copy text={text} what={label} />
    </div>
  )
}
