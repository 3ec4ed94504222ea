import { createLink } from '@tanstack/react-router'
import { type AnchorHTMLAttributes, type ReactNode, type Ref, useEffect } from 'react'
import css from './page.module.css'

/** Names the page in the window's title: "Debugger · acme-mail · acme". */
export function useTitle(...parts: (string | undefined)[]) {
  const title = [...parts.filter(Boolean), 'Headwater'].join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
}

/** The page's one heading, what it is about, and what can be done. */
export function PageHead({
  title,
  mark,
  badge,
  sub,
  children,
}: {
  title: ReactNode
  mark?: ReactNode
  badge?: ReactNode
  sub?: ReactNode
  children?: ReactNode
}) {
  return (
    <header className={css.head}>
      <div className={css.words}>
        {mark}
        <div>
          <h1>{title}</h1>
          {badge}
          {sub && <p className={css.sub}>{sub}</p>}
        </div>
      </div>
      {children && <div className={css.actions}>{children}</div>}
    </header>
  )
}

/** The pages of one object; children are `Tab`s. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav className={css.tabs} aria-label={label}>
      {children}
    </nav>
  )
}

/** One of `Tabs`. */
export const Tab = createLink(
  ({ ref, ...rest }: { ref?: Ref<HTMLAnchorElement> } & AnchorHTMLAttributes<HTMLAnchorElement>) => (
    <a {...rest} ref={ref} />
  ),
)

/** What is under the heading. */
export function Body({ children }: { children: ReactNode }) {
  return <div className={css.body}>{children}</div>
}

/** Two columns where there is room: the work, and what helps with it. */
export function Columns({ side, children }: { side: ReactNode; children: ReactNode }) {
  return (
    <div className={css.columns}>
      <div className={css.side}>{children}</div>
      <aside className={css.side}>{side}</aside>
    </div>
  )
}

/** A part of a page under its own heading. */
export function Section({
  title,
  sub,
  actions,
  children,
}: {
  title: string
  sub?: ReactNode
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <section className={css.section}>
      <div className={css.sectionHead}>
        <h2>{title}</h2>
        {actions && <div>{actions}</div>}
      </div>
      {sub && <p className={css.sub}>{sub}</p>}
      {children}
    </section>
  )
}

/** Paper with a hairline. `flush` lets rows reach its edge. */
export function Panel({ flush, children }: { flush?: boolean; children: ReactNode }) {
  return <div className={flush ? `${css.panel} ${css.flush}` : css.panel}>{children}</div>
}

/** What narrows or changes the list below. */
export function Toolbar({ children }: { children: ReactNode }) {
  return <div className={css.toolbar}>{children}</div>
}

/** What will be here, and the one thing to do. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={css.empty}>
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** Names and values. Values that are left out are not shown. */
export function Pairs({ of }: { of: [string, ReactNode][] }) {
  return (
    <dl className={css.pairs}>
      {of
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}

/** Figures side by side, each with its name above and what there is to say of it below. */
export function Figures({
  of,
}: {
  of: { name: ReactNode; value: ReactNode; bad?: boolean; note?: ReactNode }[]
}) {
  return (
    <dl className={css.figures}>
      {of.map(({ name, value, bad, note }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: each has its place.
        <div key={at}>
          <dt>{name}</dt>
          <dd className={bad ? css.no : undefined}>{value}</dd>
          {note && <dd className={css.remark}>{note}</dd>}
        </div>
      ))}
    </dl>
  )
}

/** One line of a checklist: done or not, why, and the way to mend it. */
export function CheckLine({
  done,
  label,
  detail,
  action,
}: {
  done: boolean
  label: ReactNode
  detail?: ReactNode
  action?: ReactNode
}) {
  return (
    <li className={css.check}>
      <span className={done ? css.yes : css.no} role="img" aria-label={done ? 'Done' : 'To do'}>
        {done ? '✓' : '✕'}
      </span>
      <span>{label}</span>
      <span>{action}</span>
      {detail && <small>{detail}</small>}
    </li>
  )
}

/** Said below the tabs to whoever may look at a thing and not change it. */
export function Refused({ children }: { children: ReactNode }) {
  return <p className={css.refused}>{children}</p>
}

/** Something to know about the page. */
export function Note({ tone, children }: { tone?: 'warn' | 'bad' | 'ok'; children: ReactNode }) {
  return <div className={tone ? `${css.note} ${css[tone]}` : css.note}>{children}</div>
}

/** HTML that the server made of Markdown and let only harmless tags through. */
export function Prose({ html }: { html: string }) {
  // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised by the server, against an allow-list of tags.
  return <div className={css.prose} dangerouslySetInnerHTML={{ __html: html }} />
}

/** Said quietly. */
export function Muted({ children }: { children: ReactNode }) {
  return <span className={css.muted}>{children}</span>
}

/** Where the machine speaks. */
export function Mono({ children }: { children: ReactNode }) {
  return <span className={css.mono}>{children}</span>
}

/** What another machine said, however long. */
export function Excerpt({ children }: { children: ReactNode }) {
  return <span className={css.excerpt}>{children}</span>
}

/** A small heading in the machine's face. */
export function Caption({ children }: { children: ReactNode }) {
  return <h2 className={css.caption}>{children}</h2>
}
