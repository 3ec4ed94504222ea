import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react'
import type { Fault } from '../api/client'
import css from './fields.module.css'
import { Key } from './key'
import { isShortcut } from './shortcuts'

interface FieldProps {
  label: ReactNode
  hint?: ReactNode
  error?: string
  /** Shows how much of a limit is used: the text and the most characters it may have. */
  count?: { text: string; most: number }
  optional?: boolean
}

/** What ties a control to its label, hint and error. */
interface Control {
  id: string
  'aria-invalid': true | undefined
  'aria-describedby': string | undefined
}

const face = (mono?: boolean) => (mono ? `${css.input} ${css.mono}` : css.input)

function Field({
  label,
  hint,
  error,
  count,
  optional,
  children,
}: FieldProps & { children: (control: Control) => ReactNode }) {
  const id = useId()
  const hintId = hint ? `${id}-hint` : undefined
  const errorId = error ? `${id}-error` : undefined
  const describedBy = [errorId, hintId].filter(Boolean).join(' ') || undefined
  return (
    <div className={css.field}>
      <label className={css.label} htmlFor={id}>
        {label} {optional && <span className={css.optional}>(optional)</span>}
      </label>
      {children({ id, 'aria-invalid': error ? true : undefined, 'aria-describedby': describedBy })}
      {error && (
        <p className={css.error} id={errorId}>
          {error}
        </p>
      )}
      {(hint || count) && (
        <div className={css.below}>
          {hint && <span id={hintId}>{hint}</span>}
          {count && (
            <span className={css.counter}>
              {[...count.text].length} / {count.most}
            </span>
          )}
        </div>
      )}
    </div>
  )
}

/** One line of text. Other attributes go to the `input`, so that `register()` can be spread into it. */
export function TextField({
  label,
  hint,
  error,
  count,
  optional,
  mono,
  ...input
}: FieldProps & { mono?: boolean; ref?: Ref<HTMLInputElement> } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field {...{ label, hint, error, count, optional }}>
      {(control) => <input {...input} {...control} className={face(mono)} />}
    </Field>
  )
}

/** A line of text among others, whose name is not in sight: it needs an `aria-label`. */
export function Input({
  mono,
  ...input
}: { mono?: boolean; ref?: Ref<HTMLInputElement> } & InputHTMLAttributes<HTMLInputElement>) {
  return <input {...input} className={face(mono)} />
}

/** One of a list, likewise, only as wide as it must be; children are `<option>`s. */
export function Pick(select: { ref?: Ref<HTMLSelectElement> } & SelectHTMLAttributes<HTMLSelectElement>) {
  return <select {...select} className={`${css.input} ${css.narrow}`} />
}

/** Controls that belong together, under one legend. `boxed` draws a line around them. */
export function Group({
  legend,
  hint,
  boxed,
  children,
}: {
  legend: ReactNode
  hint?: ReactNode
  boxed?: boolean
  children: ReactNode
}) {
  return (
    <fieldset className={boxed ? `${css.group} ${css.boxed}` : css.group}>
      <legend>{legend}</legend>
      {children}
      {hint && <small>{hint}</small>}
    </fieldset>
  )
}

/** Several lines of text. */
export function TextArea({
  label,
  hint,
  error,
  count,
  optional,
  mono,
  ...area
}: FieldProps & {
  mono?: boolean
  ref?: Ref<HTMLTextAreaElement>
} & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Field {...{ label, hint, error, count, optional }}>
      {(control) => <textarea {...area} {...control} className={face(mono)} />}
    </Field>
  )
}

/** One of a list; children are `<option>`s. */
export function Select({
  label,
  hint,
  error,
  count,
  optional,
  ...select
}: FieldProps & { ref?: Ref<HTMLSelectElement> } & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Field {...{ label, hint, error, count, optional }}>
      {(control) => <select {...select} {...control} className={css.input} />}
    </Field>
  )
}

/** A yes or no with its words beside it; `type="radio"` makes it one of a group. */
export function Check({
  label,
  hint,
  error,
  type = 'checkbox',
  ...input
}: Omit<FieldProps, 'count' | 'optional'> & {
  ref?: Ref<HTMLInputElement>
} & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <div className={css.check}>
      <input
        {...input}
        type={type}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={hint || error ? `${id}-below` : undefined}
      />
      <label htmlFor={id}>{label}</label>
      {(hint || error) && (
        <div className={error ? css.error : css.below} id={`${id}-below`}>
          {error ?? hint}
        </div>
      )}
    </div>
  )
}

/** Narrows the list below it. `/` puts the cursor there. */
export function Search({
  label,
  value,
  onChange,
  placeholder = 'Search…',
}: {
  label: string
  value: string
  onChange: (value: string) => void
  placeholder?: string
}) {
  const input = useRef<HTMLInputElement>(null)
  // The address follows a moment later, and must not put the cursor elsewhere: only what comes from outside is taken over.
  const [text, setText] = useState(value)
  const sent = useRef<string[]>([])
  useEffect(() => {
    const at = sent.current.indexOf(value)
    if (at >= 0) sent.current.splice(0, at)
    else {
      sent.current = []
      setText(value)
    }
  }, [value])
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== '/' || !isShortcut(event)) return
      event.preventDefault()
      input.current?.focus()
    }
    addEventListener('keydown', focus)
    return () => removeEventListener('keydown', focus)
  }, [])
  return (
    <div className={css.search}>
      <input
        ref={input}
        type="search"
        aria-label={label}
        className={css.input}
        value={text}
        placeholder={placeholder}
        onChange={(event) => {
          sent.current.push(event.target.value)
          setText(event.target.value)
          onChange(event.target.value)
        }}
      />
      {!text && <Key>/</Key>}
    </div>
  )
}

/** What went wrong with a form as a whole; takes the focus when it appears. */
export function Summary({ faults }: { faults: Fault[] }) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (faults.length > 0) box.current?.focus()
  }, [faults])
  if (faults.length === 0) return null
  return (
    <div className={css.summary} role="alert" tabIndex={-1} ref={box}>
      <strong>{faults.length === 1 ? 'This could not be done' : `${faults.length} things to fix`}</strong>
      <ul>
        {faults.map((fault) => (
          <li key={`${fault.code} ${fault.pointer}`}>
            {told(fault)} <code>{fault.code}</code>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** A message of the API as a sentence; the path of a property stays as it is written. */
export function sentence(text: string): string {
  const upper = /^\w+\.\w/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?…]$/.test(upper) ? upper : `${upper}.`
}

/** What was wrong, what is expected, and what to do, in sentences. */
export function told({ message, expected, fix }: Fault): string {
  const parts = [message, expected && `expected: ${expected}`, fix]
  return parts
    .filter((part): part is string => !!part)
    .map(sentence)
    .join(' ')
}

/** The same below the field itself, which need not be called by the name that the API gives it. */
export function toldHere(fault: Fault): string {
  const name = `"${fault.pointer?.split('/').at(-1)}"`
  const here = (text: string | null | undefined, word: string) => text?.replace(name, word)
  const { code, expected } = fault
  return told({
    ...fault,
    message: here(fault.message, 'this') ?? '',
    fix: here(fault.fix, 'it'),
    // That something was expected is all that these could say.
    expected: code === 'required' || code === 'empty' ? undefined : expected,
  })
}

/** The fields of a form, one below the other. */
export function Form({
  children,
  onSubmit,
}: {
  children: ReactNode
  onSubmit: (event: React.FormEvent) => void
}) {
  return (
    <form className={css.form} onSubmit={onSubmit} noValidate>
      {children}
    </form>
  )
}

/** The buttons of a form. */
export function Actions({ children }: { children: ReactNode }) {
  return <div className={css.actions}>{children}</div>
}
