import css from './switch.module.css'

/** On or off, at once. It says which in words; `what` is what a screen reader calls it. */
export function Switch({
  on,
  what,
  busy,
  disabled,
  onChange,
}: {
  on: boolean
  what: string
  busy?: boolean
  disabled?: boolean
  onChange: (on: boolean) => void
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={what}
      aria-busy={busy || undefined}
      disabled={disabled}
      className={css.switch}
      onClick={() => !busy && onChange(!on)}
    >
      <span className={css.track} aria-hidden />
      {on ? 'On' : 'Off'}
    </button>
  )
}
