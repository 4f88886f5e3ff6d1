import { Modal, type ModalProps } from '@mantine/core';
import { useEffect } from 'react';
import { texts } from '../texts.ts';

/**
 * A dialog that is there for as long as it is shown. The page is out of reach meanwhile, of the keyboard
 * too, so that nothing opens a second one; what opened it has the focus again afterwards.
 */
export function Dialog(props: Omit<ModalProps, 'opened' | 'closeButtonProps'>) {
  useEffect(() => {
    const page = document.getElementById('console')!;
    // Also where this comes in the place of another, which has just given the focus back.
    const opener = document.activeElement;
    page.inert = true;
    if (opener instanceof HTMLElement && page.contains(opener)) opener.blur();
    return () => {
      page.inert = false;
      const isTaken = document.activeElement !== document.body;
      if (!isTaken && opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return <Modal {...props} opened closeButtonProps={{ 'aria-label': texts.close }} />;
}
