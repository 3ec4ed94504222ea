import { useRouter } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import {
  Menu as AriaMenu,
  Header,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Button as Trigger,
} from 'react-aria-components'
import css from './menu.module.css'

/** One choice of a menu: it goes to `href` (of this app), or runs something. */
export interface Choice {
  label: string
  hint?: string
  href?: string
  run?: () => void
  /** Why it cannot be chosen now. */
  refused?: string
}

/** A group of choices, with a heading where it helps. */
export interface Choices {
  heading?: string
  choices: Choice[]
}

/** A button that opens a list of choices. */
export function Menu({
  label,
  className,
  groups,
  children,
}: {
  /** What a screen reader calls the button, where its content does not say it. */
  label?: string
  className?: string
  groups: Choices[]
  children: ReactNode
}) {
  const router = useRouter()
  const choose = (choice: Choice) => {
    if (choice.run) choice.run()
    else if (choice.href) router.history.push(choice.href)
  }
  return (
    <MenuTrigger>
      <Trigger aria-label={label} className={className ?? ''}>
        {children}
      </Trigger>
      <Popover className={css.popover!} placement="bottom end">
        <AriaMenu className={css.menu!}>
          {groups.map((group, at) => (
            <MenuSection
              key={group.heading ?? at}
              className={css.section!}
              aria-label={group.heading ?? 'Choices'}
            >
              {group.heading && <Header className={css.header!}>{group.heading}</Header>}
              {group.choices.map((choice) => (
                <MenuItem
                  key={choice.href ?? choice.label}
                  textValue={choice.label}
                  className={css.item!}
                  isDisabled={choice.refused !== undefined}
                  onAction={() => choose(choice)}
                >
                  <span>{choice.label}</span>
                  {(choice.refused ?? choice.hint) && <small>{choice.refused ?? choice.hint}</small>}
                </MenuItem>
              ))}
            </MenuSection>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  )
}
