using CovariateShift;

return await CovariateShiftCommand.InvokeAsync(args);
