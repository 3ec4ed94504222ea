import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, Ref } from 'react'
import css from './button.module.css'

interface Look {
  /** `primary` once a page; `danger` for what destroys; `quiet` within text and rows. */
  look?: 'primary' | 'plain' | 'danger' | 'quiet'
  small?: boolean
}

const classes = ({ look = 'plain', small }: Look, busy?: boolean) =>
  [css.button, look !== 'plain' && css[look], small && css.small, busy && css.busy].filter(Boolean).join(' ')

/** Does something on this page. `busy` keeps it from being pressed twice while its work is under way. */
export function Button({
  look,
  small,
  busy,
  type = 'button',
  onClick,
  onMouseDown,
  ...rest
}: Look & { busy?: boolean; ref?: Ref<HTMLButtonElement> } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button
      {...rest}
      type={type}
      aria-busy={busy || undefined}
      className={classes({ look, small }, busy)}
      onMouseDown={(event) => {
        // The field keeps the focus: when it is left it may say what is wrong with it, and the button would move away
        // under the press.
        if (type === 'submit') event.preventDefault()
        onMouseDown?.(event)
      }}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
    />
  )
}

function Anchor({
  look,
  small,
  ref,
  ...rest
}: Look & { ref?: Ref<HTMLAnchorElement> } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  return <a {...rest} ref={ref} className={classes({ look, small })} />
}

/** Goes to another page and looks like a button. */
export const LinkButton = createLink(Anchor)

/** Leaves the app (downloads, the API's reference) and looks like a button. */
export const OutsideButton = Anchor
