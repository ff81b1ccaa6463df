using TaskShift;

return await TaskShiftCommand.InvokeAsync(args);
