import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { SignIn } from './pages/sign-in.tsx';
import { Starting } from './parts/starting.tsx';
import { createConsoleRouter } from './router.tsx';
import { SessionProvider } from './session.tsx';

export function App() {
  const [router] = useState(createConsoleRouter);
  return (
    <SessionProvider signIn={(props) => <SignIn {...props} />} asking={<Starting />}>
      <RouterProvider router={router} />
    </SessionProvider>
  );
}
